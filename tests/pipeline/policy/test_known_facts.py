"""What the night knows is never "depends": generated organizations, each fact taken away in turn."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipeline.policy import Account, Policy, Principal, Role, Site, Tri, can, escalations, is_admin, reach
from pipeline.policy.context import Value
from pipeline.policy.objectives import judge_objective, objectives
from pipeline.policy.principal import answer
from tests.pipeline.policy.support import ACCOUNT, FULL_ACCESS, OTHER, document, policies, statement

ORG, PATH, OTHER_PATH = "o-own", "o-own/r-1/ou-1/", "o-own/r-1/ou-2/"
IAM = f"arn:aws:iam::{ACCOUNT}"
PLACES: dict[str, dict[str, Value]] = {
    ACCOUNT: {"aws:ResourceOrgID": ORG, "aws:ResourceOrgPaths": (PATH,)},
    OTHER: {"aws:ResourceOrgID": ORG, "aws:ResourceOrgPaths": (OTHER_PATH,)},
}
FACTS: dict[str, Value] = {"aws:PrincipalOrgID": ORG, "aws:PrincipalOrgPaths": (PATH,)}
# Each fact, and the prefix of the keys that it alone answers.
KNOWN = {
    "facts": ("aws:principalorg",),
    "places": ("aws:resourceorg",),
    "tags": ("aws:principaltag",),
}
VALUES: dict[str, list[Any]] = {
    "aws:PrincipalOrgID": [ORG, "o-other"],
    "aws:PrincipalOrgPaths": [PATH, f"{ORG}/*", "o-other/*"],
    "aws:ResourceOrgID": [ORG, "o-other", "${aws:PrincipalOrgID}"],
    "aws:ResourceOrgPaths": [OTHER_PATH, "o-own/r-1/*"],
    "aws:ResourceAccount": [ACCOUNT, OTHER, "${aws:PrincipalAccount}"],
    "aws:PrincipalAccount": [ACCOUNT, OTHER],
    "aws:PrincipalTag/team": ["blue", "red", "${aws:PrincipalTag/owner}"],
    "aws:PrincipalTag/absent": ["blue"],
    "aws:PrincipalArn": [f"{IAM}:user/*", f"{IAM}:role/*", "arn:aws:iam::*:role/app"],
    "aws:PrincipalType": ["User", "AssumedRole"],
    "aws:PrincipalIsAWSService": ["true", "false"],
    "aws:SourceAccount": [ACCOUNT],
    "aws:SecureTransport": ["true", "false"],
    "aws:RequestedRegion": ["us-east-1", "eu-central-1"],
}
FEW = ["iam:PutUserPolicy", "iam:CreateAccessKey", "iam:PutRolePolicy", "sts:AssumeRole", "s3:GetObject"]
ACTIONS = [*FEW, "iam:PassRole", "iam:*"]
REQUESTS = [
    ("iam:PutUserPolicy", f"{IAM}:user/worker"),
    ("iam:PassRole", f"{IAM}:role/app"),
    ("iam:CreateAccessKey", f"{IAM}:user/boss"),
    ("iam:PutUserPolicy", f"arn:aws:iam::{OTHER}:user/worker"),
]


def seeds(everyday: int) -> list[Any]:
    """These every day, many more in a soak."""
    return [*range(everyday), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(everyday, 60))]


def condition(dice: random.Random) -> dict[str, Any]:
    key = dice.choice(list(VALUES))
    kind = "Bool" if "IsAWS" in key or "Secure" in key else "Arn" if key.endswith("Arn") else "String"
    operators = {
        "Bool": ["Bool", "BoolIfExists"],
        "Arn": ["ArnLike", "ArnNotLike"],
        "String": ["StringEquals", "StringNotEquals", "StringLike", "StringNotEqualsIfExists", "StringEqualsIfExists"],
    }[kind]
    operator = dice.choice(operators)
    if key.endswith("OrgPaths"):
        operator = dice.choice(["ForAnyValue:StringLike", "ForAllValues:StringLike", "ForAnyValue:StringNotLike"])
    if dice.random() < 0.15:
        return {"Null": {key: dice.choice(["true", "false"])}}
    return {operator: {key: dice.choice(VALUES[key])}}


def source(dice: random.Random, actions: list[str]) -> dict[str, Any]:
    effects = ["Allow", *dice.choices(["Allow", "Deny"], k=dice.choice([0, 1, 2]))]
    return document(
        *(
            statement(effect, dice.choice(actions), **({"Condition": condition(dice)} if dice.random() < 0.7 else {}))
            for effect in effects
        )
    )


def holder(dice: random.Random, actions: list[str]) -> Principal:
    kind = dice.choice(["user", "role"])
    guard = (FULL_ACCESS, *policies(source(dice, actions), kind="scp"))
    return Principal(
        f"{IAM}:{kind}/{'worker' if kind == 'user' else 'app'}",
        policies(*(source(dice, actions) for _ in range(dice.choice([1, 2])))),
        policies(source(dice, actions))[0] if dice.random() < 0.3 else None,
        scp_levels=((FULL_ACCESS,), guard) if dice.random() < 0.5 else None,
        groups=(),
        facts=FACTS,
        places=PLACES,
        tags=dice.choice([{}, {"team": "blue"}, {"team": "red", "owner": "red"}]),
        takes_session_tags=False,
    )


def verdicts(of: Principal) -> Iterator[tuple[str, Tri]]:
    yield "admin", is_admin(of).verdict
    for action, resource in REQUESTS:
        yield f"{action} on {resource}", answer(can(of, action, resource))


def without(of: Principal, fact: str) -> Principal:
    if fact == "tags":
        return replace(of, tags=None)
    return replace(of, facts={}) if fact == "facts" else replace(of, places={})


def speaks_of(of: Principal, prefixes: tuple[str, ...]) -> bool:
    texts = "".join(one.text for document in of.documents for one in document.statements).lower()
    return any(prefix in texts for prefix in prefixes)


@pytest.mark.parametrize("seed", seeds(4))
def test_known_facts_decide(seed: int) -> None:
    dice, moved = random.Random(seed), 0
    for _ in range(25):
        whole = holder(dice, ACTIONS)
        known = dict(verdicts(whole))
        own = {name: verdict for name, verdict in known.items() if OTHER not in name}
        assert Tri.DEPENDS not in own.values(), (whole, own)
        for fact, prefixes in KNOWN.items():
            for name, verdict in verdicts(without(whole, fact)):
                assert verdict in (known[name], Tri.DEPENDS), (fact, name, whole)
                assert verdict is known[name] or speaks_of(whole, prefixes), (fact, name, whole)
                moved += verdict is not known[name]
    assert moved, "no fact ever decided anything"


def world(dice: random.Random) -> tuple[list[Principal], list[Role]]:
    """Principals of one account, and roles whose trust policies look at facts of the callers."""
    boss = Principal(
        f"{IAM}:role/boss", policies(document(statement("Allow", "*"))), facts=FACTS, places=PLACES, tags={}
    )
    trust = {"Effect": "Allow", "Principal": {"AWS": f"{IAM}:root"}, "Action": "sts:AssumeRole"}
    trust |= {"Condition": condition(dice)} if dice.random() < 0.7 else {}
    roles = [Role(boss.arn, Policy.read("trust", document(trust), "trust"))]
    return [boss, holder(dice, FEW)], roles


@pytest.mark.parametrize("seed", seeds(3))
def test_reach_and_escalation_on_known_facts(seed: int) -> None:
    dice = random.Random(100 + seed)
    for _ in range(15):
        everyone, roles = world(dice)
        found = {one.arn: one for one in reach(everyone, roles)}
        assert all(one.steps == one.possible_steps for one in found.values()), (everyone[1], roles)
        account = Account({role.arn: role for role in roles}, {f"{IAM}:user/boss": Tri.YES}, {})
        judged = escalations(everyone[1], account)
        assert all(one.verdict is Tri.YES for one in judged.paths), judged.paths
        for fact in KNOWN:
            for one in reach([without(each, fact) for each in everyone], roles):
                if one.steps is not None:
                    assert one.steps == found[one.arn].steps
                if found[one.arn].steps is not None:
                    assert one.possible_steps is not None


@pytest.mark.parametrize("seed", seeds(3))
def test_objectives_on_known_facts(seed: int) -> None:
    dice = random.Random(200 + seed)
    known = Site(ACCOUNT, "aws", ORG, PATH)
    stay = next(one for one in objectives("scp") if one.id == "leave_organization")
    for _ in range(15):
        extra = policies(document(*(statement("Deny", "*", Condition=condition(dice)) for _ in range(2))), kind="scp")
        levels = [(FULL_ACCESS, *extra)]
        met = judge_objective(stay, levels, known).met
        assert met is not Tri.DEPENDS, extra
        for less in (replace(known, org_id="", org_path=""), replace(known, org_path="")):
            now = judge_objective(stay, levels, less).met
            assert now in (met, Tri.DEPENDS), (extra, less)
