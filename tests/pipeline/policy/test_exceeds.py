"""Rights are compared by one action of each kind, with the answer of comparing all of them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from pipeline.policy import Policy, Principal, Tri, actions
from pipeline.policy.beyond_policies import needs_no_permission
from pipeline.policy.callers import account_of
from pipeline.policy.evaluate import statements_on
from pipeline.policy.exceeds import exceeds
from pipeline.policy.principal import answer, can
from pipeline.policy.rights import is_admin, named_actions
from pipeline.policy.targets import inside, shapes, targets
from tests.pipeline.policy.support import ACCOUNT, allow, document, principal, statement

SERVICES = ("kms", "sqs", "sts")
OTHERS = [f"{one}:*" for one in sorted(actions.services() - {*SERVICES})]
NAMES = ("iam:Get*", "iam:PassRole", "kms:*", "kms:Decrypt", "s3:*", "s3:Get*", "s3:ListBucket", "sqs:Send*", "sts:*")
PATTERNS = (
    *("*", "*", "arn:aws:s3:::a*", "arn:aws:s3:::a/*", "arn:aws:s3:::${aws:username}/*", "arn:aws:sqs:eu-west-1:*:q"),
    *("arn:aws:iam::*:role/app", "arn:aws:kms:*:111111111111:key/*", "arn:aws:sqs:*:222222222222:*", "arn:aws:s*:::b*"),
)
CONDITIONS: tuple[dict[str, Any], ...] = (
    *({}, {}, {"StringEquals": {"sts:ExternalId": "a"}}, {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
    *({"StringLike": {"kms:ViaService": "s3.*"}}, {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}),
    *(
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"StringLike": {"iam:PassedToService": "ec2*"}},
    ),
)


def some_statement(dice: random.Random) -> dict[str, Any]:
    names = dice.sample(NAMES, dice.randint(1, 3))
    which = {"NotAction": OTHERS + names} if dice.random() < 0.5 else {"Action": names}
    where = {dice.choice(("Resource", "Resource", "NotResource")): dice.sample(PATTERNS, dice.randint(1, 3))}
    return {"Effect": dice.choice(("Allow", "Allow", "Deny")), **which, **where, "Condition": dice.choice(CONDITIONS)}


def some_pair(dice: random.Random) -> list[Principal]:
    """Two users with the same policies, but for a statement."""
    held, limit = [some_statement(dice) for _ in range(dice.randint(1, 3))], some_statement(dice)
    other = [some_statement(dice), *held[1:]] if dice.random() < 0.5 else [some_statement(dice), *held]
    boundary = Policy.read("b", document(limit, statement("Allow", "*"))) if dice.random() < 0.3 else None
    pair = [principal(document(*one), boundary=boundary) for one in (held, other)]
    assert all(policy.document for one in pair for policy in one.policies)
    return pair


def one_by_one(one: Principal, other: Principal) -> Tri:
    """Every action that the first one's policies name, on every resource worth trying."""
    if is_admin(one).verdict > is_admin(other).verdict:
        return Tri.YES
    verdict = Tri.NO
    named = {name for policy in one.policies if policy.document for name in named_actions(policy.document)}
    for action in sorted(name for name in named if name.lower() not in needs_no_permission()):
        kinds = shapes(action, "aws", ACCOUNT)
        denied = (
            inside(pattern, kind)
            for each in other.documents
            for told in statements_on(each, action, "Deny")
            for pattern in told.resources or ()
            for kind in kinds
        )
        for resource in {*targets(one, action), *(arn for arn in denied if arn and "${" not in arn)}:
            owner = account_of(resource) or ACCOUNT
            mine, theirs = (answer(can(who, action, resource, account=owner)) for who in (one, other))
            verdict = max(verdict, mine if mine > theirs else Tri.NO)
    return verdict


def compared(seed: int) -> set[Tri]:
    pair = some_pair(random.Random(seed))
    found = [exceeds(*pair), exceeds(*reversed(pair))]
    assert found == [one_by_one(*pair), one_by_one(*reversed(pair))], pair
    return set(found)


def test_as_if_compared_one_by_one() -> None:
    assert {verdict for seed in range(8) for verdict in compared(seed)} == {Tri.NO, Tri.DEPENDS, Tri.YES}


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 400))
def test_as_if_compared_one_by_one_on_many(seed: int) -> None:
    assert compared(seed)


IS_HTTPS = {"StringEquals": {"sns:Protocol": "https"}}
ALIAS, QUEUE = "arn:aws:kms:*:*:alias/a", "arn:aws:sqs:*:*:a"
EVERY = {"Resource": "*"}
REST = {"Effect": "Allow", "NotAction": [name for name in OTHERS if name != "sns:*"]}


@pytest.mark.parametrize(
    ("mine", "theirs", "expected"),
    [
        (REST | EVERY, [REST | EVERY, statement("Deny", "sqs:SendMessage")], Tri.YES),
        (REST | {"Resource": [ALIAS, QUEUE]}, [REST | {"Resource": ALIAS}], Tri.YES),
        (
            REST | EVERY | {"Condition": {"StringEquals": {"sns:Protocol": "https"}}},
            [statement("Deny", "*")],
            Tri.DEPENDS,
        ),
    ],
    ids=["action", "resource", "key"],
)
def test_one_among_many_actions_differs(mine: Any, theirs: list[Any], expected: Tri) -> None:
    assert exceeds(principal(document(mine)), principal(document(*theirs))) is expected


def test_a_deny_on_what_an_action_does_not_accept_takes_nothing() -> None:
    """No instance is started on a bucket: the Deny says nothing, so the first may do no more than the second."""
    starts = statement("Allow", "ec2:RunInstances")
    but = document(starts, statement("Deny", ["ec2:RunInstances", "s3:*"], "arn:aws:s3:::vault"))
    assert exceeds(principal(document(starts)), principal(but)) is Tri.NO
    assert exceeds(principal(allow("ec2:*")), principal(but)) is Tri.YES
