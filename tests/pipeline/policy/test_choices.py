"""What a caller can choose shields nothing: an objective is met only if its best request is denied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.facts.guardrails import wanted
from pipeline.policy import Policy, Site, Tri, guards, judge_objective
from pipeline.policy.objectives import Objective
from tests.pipeline.policy.support import ACCOUNT, FULL_ACCESS, document, statement

SITE = Site(ACCOUNT, "aws", "o-own", "o-own/r-1/ou-1/")
OBJECTIVES = [*wanted("scp"), *wanted("rcp")]
OFFICE, VPC, TIME = "203.0.113.0/24", "vpc-0a1b2c3d", "2030-01-01T00:00:00Z"
NETWORK: list[dict[str, Any]] = [
    {"IpAddress": {"aws:SourceIp": OFFICE}},
    {"NotIpAddress": {"aws:SourceIp": [OFFICE, "198.51.100.0/25"]}},
    {"NotIpAddressIfExists": {"aws:SourceIp": OFFICE}},
    {"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}},
    {"NotIpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}},
    {"StringEquals": {"aws:SourceVpc": VPC}},
    {"StringNotEquals": {"aws:SourceVpc": VPC}},
    {"StringNotEqualsIfExists": {"aws:SourceVpce": "vpce-1"}},
    {"StringNotEqualsIfExists": {"aws:VpceOrgID": "o-own"}},
    {"Null": {"aws:SourceVpc": "true"}},
    {"Null": {"aws:SourceVpc": "false"}},
    {"NotIpAddressIfExists": {"aws:SourceIp": OFFICE}, "StringNotEqualsIfExists": {"aws:SourceVpc": VPC}},
]
REGION: list[dict[str, Any]] = [
    {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}},
    {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "us-east-1"]}},
    {"StringNotLike": {"aws:RequestedRegion": "us-*"}},
]
OTHERS: list[dict[str, Any]] = [
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
    {"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"}},
    {"Null": {"aws:MultiFactorAuthAge": "true"}},
    {"StringLike": {"aws:UserAgent": "*console*"}},
    {"StringNotLike": {"aws:UserAgent": ["*console*", "aws-cli/*"]}},
    {"StringNotEquals": {"aws:Referer": "https://example.com"}},
    {"DateLessThan": {"aws:CurrentTime": TIME}},
    {"DateGreaterThan": {"aws:CurrentTime": TIME}},
    {"NumericLessThan": {"aws:EpochTime": "1900000000"}},
    {"DateGreaterThan": {"aws:CurrentTime": "2027-01-01"}, "DateLessThan": {"aws:CurrentTime": "2028-01-01"}},
    {"StringEquals": {"aws:RequestTag/team": "blue"}},
    {"StringNotEquals": {"aws:RequestTag/team": "blue"}},
    {"Null": {"aws:RequestTag/team": "true"}},
    {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team", "cost"]}},
    {"ForAllValues:StringNotEquals": {"aws:TagKeys": ["team", "cost"]}},
    {"StringNotEquals": {"aws:ResourceTag/team": "blue"}},
    {"StringEquals": {"aws:ResourceTag/team": "blue"}},
]
# Both sides of one choice, each denied by a statement of its own.
BOTH_SIDES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"IpAddress": {"aws:SourceIp": OFFICE}}, {"NotIpAddress": {"aws:SourceIp": OFFICE}}),
    ({"StringEquals": {"aws:SourceVpc": VPC}}, {"StringNotEquals": {"aws:SourceVpc": VPC}}),
    ({"Null": {"aws:SourceIp": "true"}}, {"Null": {"aws:SourceVpc": "true"}}),
    ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}),
    ({"StringLike": {"aws:UserAgent": "*console*"}}, {"StringNotLike": {"aws:UserAgent": "*console*"}}),
    ({"DateLessThan": {"aws:CurrentTime": TIME}}, {"DateGreaterThanEquals": {"aws:CurrentTime": TIME}}),
    ({"StringLike": {"aws:RequestedRegion": "eu-*"}}, {"StringNotLike": {"aws:RequestedRegion": "eu-*"}}),
    ({"StringEquals": {"aws:RequestTag/team": "blue"}}, {"StringNotEquals": {"aws:RequestTag/team": "blue"}}),
    ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01"}}, {"Null": {"aws:SourceIp": "false"}}),
]
EXCEPTIONS: dict[str, list[dict[str, Any]]] = {
    "scp": [
        {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*"}},
        {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::345612340987:role/deploy"}},
        {"StringNotEquals": {"aws:PrincipalAccount": "345612340987"}},
        {"StringNotLike": {"aws:userid": "AROAEXAMPLEIDOFROLE:*"}},
        {"BoolIfExists": {"aws:ViaAWSService": "false"}},
        {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
        {"Null": {"aws:AssumedRoot": "true"}},
    ],
    "rcp": [
        {"ArnNotLikeIfExists": {"aws:PrincipalArn": "arn:aws:iam::345612340987:role/partner"}},
        {"StringNotEqualsIfExists": {"aws:PrincipalAccount": "345612340987"}},
        {"StringNotEqualsIfExists": {"aws:SourceAccount": "345612340987"}},
    ],
}


def met(objective: Objective, *conditions: dict[str, Any]) -> Tri:
    """Whether one Deny of all its probes for each of the conditions meets the objective."""
    actions = ["*"] if objective.id == "root_at_all" else sorted({probe.action for probe in objective.probes})
    more = {"Principal": "*"} if objective.kind == "rcp" else {}
    denies = [statement("Deny", actions, **more, **({"Condition": one} if one else {})) for one in conditions]
    guard = Policy.read("guard", document(*denies), objective.kind)  # type: ignore[arg-type]
    assert not guard.problem
    return judge_objective(objective, [(FULL_ACCESS, guard)], SITE).met


def chosen(objective: Objective) -> Iterator[dict[str, Any]]:
    """Conditions that the caller of the probes meets, or not, as it likes."""
    yield from NETWORK if objective.id != "unexpected_network" else ()
    yield from REGION if any(_is_regional(probe.action) for probe in objective.probes) else ()
    yield from OTHERS
    if all(probe.caller == "role" for probe in objective.probes):
        yield {"StringNotLike": {"aws:userid": "*:admin"}}
        yield {"StringNotEquals": {"aws:SourceIdentity": "admin"}}
        yield {"StringNotEquals": {"aws:RequestTag/owner": "${aws:PrincipalAccount}"}}


def _is_regional(action: str) -> bool:
    return not action.startswith(("iam:", "organizations:", "account:"))


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: objective.id)
def test_what_the_caller_chooses_meets_no_objective(objective: Objective) -> None:
    kept = [one for one in chosen(objective) if not (objective.id == "region" and one in REGION)]
    assert [one for one in kept if met(objective, one) is not Tri.NO] == []


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: objective.id)
def test_a_shield_in_two_halves_is_one(objective: Objective) -> None:
    assert [pair for pair in BOTH_SIDES if met(objective, *pair) is not Tri.YES] == []


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda objective: objective.id)
def test_a_real_exception_is_none_of_the_callers_choices(objective: Objective) -> None:
    exceptions = [{}, *EXCEPTIONS[objective.kind]]
    assert [one for one in exceptions if met(objective, one) is not Tri.YES] == []


def test_too_many_circumstances_are_not_taken_for_a_shield(monkeypatch: pytest.MonkeyPatch) -> None:
    stay = next(one for one in OBJECTIVES if one.id == "leave_organization")
    only_with = [{"StringNotEquals": {f"aws:RequestTag/{key}": "x"}} for key in "abc"]
    assert met(stay, *only_with) is Tri.NO
    monkeypatch.setattr(guards, "_MOST_ATTEMPTS", 2)
    assert met(stay, *only_with) is Tri.DEPENDS


@pytest.mark.parametrize(
    ("condition", "guarded", "expected"),
    [
        ({"Null": {"aws:PrincipalTag/team": "true"}}, [], Tri.NO),
        ({"Null": {"aws:PrincipalTag/team": "true"}}, ["team"], Tri.YES),
        ({"StringNotLike": {"aws:PrincipalTag/team": "admin-?"}}, [], Tri.NO),
        ({"StringNotEqualsIfExists": {"aws:PrincipalTag/team": "admin"}}, ["cost"], Tri.NO),
        ({"StringNotEqualsIfExists": {"aws:PrincipalTag/team": "admin"}}, ["team"], Tri.YES),
        ({"StringNotEquals": {"aws:username": "admin"}}, [], Tri.YES),
    ],
)
def test_a_tag_shields_while_nobody_can_set_it(condition: Any, guarded: list[str], expected: Tri) -> None:
    stay = next(one for one in OBJECTIVES if one.id == "leave_organization")
    tagging = ["iam:TagRole", "iam:TagUser", "iam:CreateRole", "iam:CreateUser", "sts:TagSession"]
    lock = [statement("Deny", tagging, Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": guarded}})]
    denies = [statement("Deny", "*", Condition=condition), *(lock if guarded else [])]
    open_tagging = {"NotAction": [*tagging, "iam:PutRolePolicy", "sts:AssumeRole"]}
    denies[0] = {key: value for key, value in denies[0].items() if key != "Action"} | open_tagging
    guard = Policy.read("guard", document(*denies), "scp")
    assert judge_objective(stay, [(FULL_ACCESS, guard)], SITE).met is expected


def test_two_tags_are_set_as_easily_as_one() -> None:
    stay = next(one for one in OBJECTIVES if one.id == "leave_organization")
    conditions = [{"StringNotEquals": {"aws:PrincipalTag/a": "x"}}, {"Null": {"aws:PrincipalTag/b": "true"}}]
    denies = [statement("Deny", "organizations:*", Condition=one) for one in conditions]
    guard = Policy.read("guard", document(*denies), "scp")
    (found,) = judge_objective(stay, [(FULL_ACCESS, guard)], SITE).loopholes
    assert str(found).startswith("aws:PrincipalTag/a StringNotEquals x and aws:PrincipalTag/b Null true: iam:TagRole")


@pytest.mark.parametrize(("locked", "expected"), [([], Tri.NO), (["iam:TagRole"], Tri.NO), (["iam:TagUser"], Tri.YES)])
def test_an_exception_for_tagged_users_is_one_of_users(locked: list[str], expected: Tri) -> None:
    condition = {
        "NotIpAddressIfExists": {"aws:SourceIp": OFFICE},
        "BoolIfExists": {"aws:ViaAWSService": "false"},
        "ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"},
        "StringNotEqualsIfExists": {"aws:PrincipalTag/exempt": "yes"},
    }
    denies = [statement("Deny", "*", Condition=condition), *([statement("Deny", locked)] if locked else [])]
    guard = Policy.read("guard", document(*denies), "scp")
    networks = next(one for one in OBJECTIVES if one.id == "unexpected_network")
    assert judge_objective(networks, [(FULL_ACCESS, guard)], SITE).met is expected
