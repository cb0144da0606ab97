"""What a principal can do, and the policy document that says so: never more than what the evaluator allows."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from functools import partial
from typing import Any

from pipeline.policy import Policy, Principal, Verdict, can
from pipeline.policy.principal import answer
from pipeline.policy.rights import allows
from pipeline.policy.tri import Tri
from pipeline.questions.as_policy import as_policy
from pipeline.questions.published import Published
from pipeline.questions.resources import resource
from pipeline.questions.what_can import on_resource, what_can
from tests.pipeline.policy.support import document, statement
from tests.pipeline.questions.world import ONE, World

allow, deny = partial(statement, "Allow"), partial(statement, "Deny")
ME = f"arn:aws:iam::{ONE}:role/app"
PLACES = ("arn:aws:s3:::alpha/x", "arn:aws:s3:::beta/shared/x", "arn:aws:s3:::beta/u1/x", f"arn:aws:iam::{ONE}:role/r1")
ACTIONS = ("s3:GetObject", "s3:PutObject", "iam:PassRole", "sts:AssumeRole")
REQUESTS: tuple[dict[str, Any], ...] = tuple(
    {
        "aws:SourceIp": ip,
        "aws:MultiFactorAuthPresent": mfa,
        "aws:RequestedRegion": region,
        "aws:PrincipalTag/team": "red",
    }
    for ip, mfa, region in itertools.product(("10.1.1.1", "1.1.1.1"), ("true", ()), ("eu-central-1", "us-east-1"))
)


def bound(identity: Any, boundary: Any = None, *scps: Any) -> Principal:
    return Principal(
        ME,
        (Policy.read("own", identity),),
        Policy.read("limit", boundary) if boundary else None,
        scp_levels=tuple((Policy.read(f"scp{number}", scp, "scp"),) for number, scp in enumerate(scps)) or None,
    )


def verdicts(principal: Principal) -> dict[Any, Verdict]:
    asked = itertools.product(ACTIONS, PLACES, range(len(REQUESTS)))
    return {
        (action, place, number): can(principal, action, place, REQUESTS[number], account=ONE).verdict
        for action, place, number in asked
    }


def allowed(principal: Principal) -> set[Any]:
    return {key for key, verdict in verdicts(principal).items() if verdict is Verdict.ALLOWED}


def as_document(principal: Principal) -> tuple[Principal, tuple[str, ...]]:
    """A principal with the written policy alone."""
    answers = {action: answer(allows(principal, action)) for action in ACTIONS}
    written = as_policy(principal, {action: verdict for action, verdict in answers.items() if verdict is not Tri.NO})
    policies = (Policy.read("written", written.document),)
    return replace(principal, policies=policies, boundary=None, scp_levels=None), written.left_out


def test_the_document_is_what_it_can_do(made: World) -> None:
    dice = random.Random(3)
    exact = 0
    for principal in dice.sample(sorted(made.principals.values(), key=lambda one: one.arn), 24):
        alone, left_out = as_document(principal)
        mine, theirs = allowed(alone), allowed(principal)
        if principal.unreadable:  # what was not read might deny it
            theirs = {key for key, verdict in verdicts(principal).items() if verdict is Verdict.DEPENDS}
        assert mine <= theirs, principal.arn
        if not left_out and not principal.unreadable:
            assert mine == theirs, principal.arn
            exact += bool(mine)
    assert exact > 3


def test_limits_meet_what_they_limit() -> None:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    here = {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}
    principal = bound(
        document(
            allow(["s3:*", "sts:AssumeRole"], ["arn:aws:s3:::alpha/*", f"arn:aws:iam::{ONE}:role/r1"], Condition=mfa)
        ),
        document(allow("s3:*", "*"), allow("sts:*", "*", Condition=here)),
        document(allow("*"), deny("s3:PutObject")),
    )
    alone, left_out = as_document(principal)
    assert not left_out
    assert allowed(alone) == allowed(principal) != set()


def test_what_no_statement_says_is_left_out_and_told() -> None:
    ours = {"StringLike": {"aws:PrincipalTag/team": "red*"}}
    theirs = {"StringLike": {"aws:PrincipalTag/team": "*red"}}
    principal = bound(document(allow("s3:*", Condition=ours)), document(allow("s3:*", Condition=theirs)))
    alone, left_out = as_document(principal)
    assert allowed(alone) == set() != allowed(principal)
    assert len(left_out) == 1


def test_levels_are_counted_and_the_limits_named() -> None:
    principal = bound(
        document(allow(["sqs:*", "s3:GetObject", "secretsmanager:GetSecretValue"])),
        document(allow(["sqs:Send*", "s3:*", "secretsmanager:*"])),
        document(allow("*"), {**deny("s3:GetObject"), "Sid": "NoReading"}),
    )
    rights = what_can(principal)
    assert set(rights.services) == {"sqs", "secretsmanager"}
    assert rights.actions["sqs:SendMessage"] is Tri.YES
    assert (rights.services["sqs"]["Write"].certain, rights.services["sqs"]["Write"].known > 5) == (1, True)
    assert {taken.by: "sqs:DeleteQueue" in taken.actions for taken in rights.taken} == {
        "no Allow in the boundary policies": True,
        "scp policy scp0, NoReading": False,
    }
    assert [(each.action, each.is_certain) for each in rights.sensitive] == [("secretsmanager:GetSecretValue", True)]


def test_what_was_not_read_is_told() -> None:
    principal = replace(bound(document(allow("sqs:*"))), policies=(Policy.read("lost", None),))
    assert what_can(principal).unknown == ("lost: the document could not be read",)
    assert as_policy(principal, {}).left_out == ("what lost says, which was not read",)


def test_on_one_resource_its_policy_counts(night: Published, made: World) -> None:
    arn = next(arn for arn, principal in made.principals.items() if principal.policies[0].name == "most")
    place = resource(night, "s3:", "arn:aws:s3:::plain/x", "")
    found = on_resource(night, night.principal(arn), place)
    owner = made.principals[arn].account
    assert ("s3:GetObject" in found) is (owner == place.account)
    assert "s3:ListBucket" not in found
