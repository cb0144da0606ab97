"""Principals and resources that no statement tells apart have the same answers, whatever their policies say."""

from __future__ import annotations

import random
from itertools import combinations
from typing import Any

import pytest

from pipeline.policy import Policy, Principal, Tri
from pipeline.policy import alike as asked
from pipeline.policy.exceeds import exceeds
from pipeline.policy.principal import answer, can
from pipeline.policy.rights import Admins, is_admin
from tests.pipeline.policy.support import ACCOUNT, ADMIN, OTHER, allow, document, statement

ACCOUNTS = (ACCOUNT, OTHER)
ACTIONS = ("s3:GetObject", "iam:PassRole", "iam:CreateUser", "sts:AssumeRole", "ec2:RunInstances", "ssm:SendCommand")
RESOURCES = (
    *("arn:aws:s3:::shared/a", "arn:aws:s3:::shared/anna/a", "arn:aws:s3:::own-{own}/a"),
    *("arn:aws:iam::{own}:role/app", "arn:aws:iam::{own}:role/anna", "arn:aws:iam::{own}:user/anna"),
    *("arn:aws:iam::{third}:role/app", "arn:aws:ec2:eu-west-1:{own}:instance/i-1"),
)
PATTERNS = (
    *("*", "arn:aws:s3:::*", "arn:aws:s3:::own-{some}/*", "arn:aws:s3:::shared/${{aws:username}}/*"),
    *("arn:aws:s3:::shared/${{aws:PrincipalTag/team}}/*", "arn:aws:iam::*:role/app", "arn:aws:iam::{some}:role/*"),
    *("arn:aws:iam::{some}:user/${{aws:username}}", "arn:aws:iam::1111*:role/*", "arn:aws:ec2:*:{some}:instance/*"),
)
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"StringEquals": {"aws:PrincipalAccount": "{some}"}},
    {"StringNotEquals": {"aws:ResourceAccount": ["{some}", "{third}"]}},
    {"StringEquals": {"aws:ResourceAccount": "${{aws:PrincipalAccount}}"}},
    {"StringLike": {"aws:PrincipalAccount": "1111*"}},
    {"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/app", "arn:aws:iam::{some}:user/*"]}},
    {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::{some}:*/an*"}},
    {"StringEquals": {"aws:PrincipalTag/team": "red"}},
    {"StringNotEqualsIfExists": {"aws:PrincipalTag/team": "red"}},
    {"Null": {"aws:PrincipalTag/team": "true"}},
    {"StringEquals": {"aws:PrincipalTag/team": "${{aws:RequestTag/team}}"}},
    {"StringEquals": {"aws:username": "anna"}},
    {"StringLike": {"aws:userid": "*:anna"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/ou-{some}/*"}},
    {"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": "o-1/r-1/ou-{third}/*"}},
    {"StringEquals": {"aws:ResourceOrgID": "${{aws:PrincipalOrgID}}"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringNotEquals": {"aws:RequestedRegion": "us-east-1"}},
    {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}},
)
PLACES = {account: {"aws:ResourceOrgPaths": (f"o-1/r-1/ou-{account}/",)} for account in ACCOUNTS}


def filled(value: Any, some: str) -> Any:
    """The text with account ids in it; `some` is one of the two accounts, or a third."""
    if isinstance(value, str):
        return value.format(some=some, third="333333333333", own=some)
    if isinstance(value, list):
        return [filled(one, some) for one in value]
    return {key: filled(one, some) for key, one in value.items()}


def a_policy(dice: random.Random, kind: Any = "identity", broad: float = 0.3) -> Policy:
    made = []
    for _ in range(dice.randint(1, 3)):
        some = dice.choice((*ACCOUNTS, "333333333333"))
        more = {"Condition": filled(dice.choice(CONDITIONS), some)} if dice.random() < 0.6 else {}
        names = dice.sample(ACTIONS, dice.randint(1, 3)) if dice.random() >= broad else ["*"]
        effect = "Allow" if dice.random() < 0.7 else "Deny"
        made.append(statement(effect, names, filled(dice.choice(PATTERNS), some) if kind != "scp" else "*", **more))
    policy = Policy.read("p", document(*made), kind)
    assert policy.document, policy.problem
    return policy


def some_principals(dice: random.Random, broad: float = 0.3) -> list[Principal]:
    """Users and roles of two accounts that hold a few policies in turn, under the same SCPs."""
    held = [a_policy(dice, broad=broad), a_policy(dice, broad=broad), Policy.read("all", ADMIN)][: 3 if broad else 2]
    full = Policy.read("full", allow("*"), "scp")
    levels = ((full,), (full, *([a_policy(dice, "scp")] if dice.random() < 0.6 else [])))
    boundary = a_policy(dice) if dice.random() < 0.3 else None
    return [
        Principal(
            f"arn:aws:iam::{account}:{kind}/{name}",
            (held[number % len(held)],) if dice.random() < 0.7 else tuple(held[:2]),
            boundary,
            scp_levels=levels,
            facts={"aws:PrincipalOrgID": "o-1", "aws:PrincipalOrgPaths": (f"o-1/r-1/ou-{account}/",)},
            places=PLACES,
            tags=tags,
            takes_session_tags=bool(number % 2),
        )
        for account in ACCOUNTS
        for kind in ("user", "role")
        for number, (name, tags) in enumerate((("app", {}), ("anna", {"team": "red"}), ("otto", None), ("ann", {})))
    ]


def answers(principal: Principal) -> list[Tri]:
    """What it may do, with resources of its own account and of a third."""
    own = {"own": principal.account, "third": "333333333333"}
    return [
        answer(can(principal, action, resource.format(**own), account=principal.account if ":s3:" in resource else ""))
        for action in ACTIONS
        for resource in RESOURCES
    ]


@pytest.mark.parametrize("seed", range(12))
def test_the_same_key_the_same_answers(seed: int) -> None:
    dice, admins = random.Random(seed), Admins()
    everyone = [one for _ in range(4) for one in some_principals(dice)]
    by_key: dict[Any, list[Principal]] = {}
    for principal in everyone:
        by_key.setdefault((id(principal.scp_levels), asked.key(principal)), []).append(principal)
        assert admins.of(principal).verdict is is_admin(principal).verdict
    assert len(by_key) < len(everyone)
    for together in by_key.values():
        assert all(answers(one) == answers(together[0]) for one in together)


@pytest.mark.parametrize("seed", range(6))
def test_pairs_of_one_account_compare_alike(seed: int) -> None:
    compared: dict[Any, Tri] = {}
    everyone = some_principals(random.Random(seed), broad=0)
    for one, other in combinations(everyone, 2):
        if one.account == other.account:
            verdict = exceeds(one, other)
            assert compared.setdefault((asked.key(one), asked.key(other)), verdict) is verdict


@pytest.mark.parametrize("seed", range(12))
def test_resources_that_no_statement_tells_apart(seed: int) -> None:
    arns = [f"arn:aws:iam::{ACCOUNT}:{kind}/{name}" for kind in ("role", "user") for name in ("app", "anna", "a", "b")]
    for principal in some_principals(random.Random(seed)):
        for action in ("iam:PassRole", "sts:AssumeRole"):
            seen: dict[Any, Tri] = {}
            for arn in arns:
                verdict = answer(can(principal, action, arn))
                assert seen.setdefault(asked.resource(principal, (action,), arn), verdict) is verdict


def test_equal_documents_are_judged_once() -> None:
    many = [
        Principal(f"arn:aws:iam::{account}:user/u{index}", (Policy.read("p", allow("s3:*")),))
        for account in ACCOUNTS
        for index in range(50)
    ]
    assert len({asked.key(one) for one in many}) == 1
    own = [
        Principal(f"arn:aws:iam::{account}:role/r", (Policy.read("p", allow("s3:*", f"arn:aws:sqs:*:{account}:q")),))
        for account in ACCOUNTS
    ]
    assert len({asked.key(one) for one in own}) == 1
