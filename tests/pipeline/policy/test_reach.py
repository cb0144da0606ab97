"""Who can become administrator, in how many steps, in a small organization drawn by hand."""

from __future__ import annotations

import random
from typing import Any

import pytest

from pipeline.policy import Policy, Principal, Role, Tri, reach
from pipeline.policy.escalation_grants import may_assume
from tests.pipeline.policy.support import (
    ACCOUNT,
    ADMIN,
    FULL_ACCESS,
    OTHER,
    allow,
    deny,
    document,
    policies,
    principal,
    statement,
)

THIRD = "456745674567"


def arn(kind: str, name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:{kind}/{name}"


def trust(who: Any, **more: Any) -> Policy:
    return Policy.read(
        "trust", document({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole", **more}), "trust"
    )


def role(name: str, who: Any, account: str = ACCOUNT, **more: Any) -> Role:
    return Role(arn("role", name, account), trust(who, **more))


ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
ENTER = allow("sts:AssumeRole")


def steps(principals: list[Principal], roles: list[Role], **more: Any) -> dict[str, tuple[int | None, int | None]]:
    return {row.arn.split("/")[-1]: (row.steps, row.possible_steps) for row in reach(principals, roles, **more)}


def test_steps_over_trust_and_escalation() -> None:
    principals = [
        principal(ADMIN, kind="role", name="boss"),
        principal(ENTER, name="anna"),
        principal(name="named"),
        principal(allow("s3:*"), name="reader"),
        principal(allow("iam:PutUserPolicy", arn("user", "self")), name="self"),
        principal(allow("sts:AssumeRole", arn("role", "hop")), name="far"),
        principal(ENTER, kind="role", name="hop"),
        principal(allow("iam:CreateAccessKey", arn("user", "anna")), name="thief"),
    ]
    roles = [role("boss", {"AWS": [ROOT["AWS"], arn("user", "named")]}), role("hop", ROOT)]
    assert steps(principals, roles) == {
        "boss": (0, 0),
        "anna": (1, 1),
        "named": (1, 1),
        "reader": (None, None),
        "self": (1, 1),
        "far": (2, 2),
        "hop": (1, 1),
        "thief": (2, 2),
    }
    rows = {row.arn.split("/")[-1]: row.hops for row in reach(principals, roles)}
    assert [(hop.target.split("/")[-1], hop.how) for hop in rows["thief"]] == [
        ("anna", "iam-create-access-key"),
        ("boss", "sts:AssumeRole"),
    ]
    assert [(hop.target, hop.how) for hop in rows["self"]] == [(f"administrator of {ACCOUNT}", "iam-put-user-policy")]


def test_passed_roles() -> None:
    job = role("job", {"Service": "lambda.amazonaws.com"})
    principals = [
        principal(ADMIN, kind="role", name="job"),
        principal(allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]), name="dev"),
        principal(allow(["iam:PassRole", "glue:CreateDevEndpoint"]), name="data"),
    ]
    assert steps(principals, [job]) == {"job": (0, 0), "dev": (1, 1), "data": (None, None)}


def test_across_accounts() -> None:
    principals = [
        principal(ADMIN, kind="role", name="boss"),
        principal(ENTER, name="guest", account=OTHER),
        principal(name="named-guest", account=OTHER),
        principal(ENTER, deny("sts:AssumeRole"), name="denied", account=OTHER),
    ]
    guests = {"AWS": [f"arn:aws:iam::{OTHER}:root", arn("user", "named-guest", OTHER)]}
    expected = {"boss": (0, 0), "guest": (1, 1), "named-guest": (None, None), "denied": (None, None)}
    assert steps(principals, [role("boss", guests)]) == expected
    with_id = role("boss", guests, Condition={"StringEquals": {"sts:ExternalId": "x"}})
    assert steps(principals, [with_id])["guest"] == (None, 1)
    perimeter = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*"}
    guarded = Role(with_id.arn, trust(guests), rcp_levels=(policies(document(perimeter), kind="rcp"),))
    assert steps(principals, [guarded])["guest"] == (None, None)


def test_scps_and_conditions_close_ways() -> None:
    guard = (FULL_ACCESS, *policies(deny("sts:AssumeRole", arn("role", "boss")), kind="scp"))
    principals = [
        principal(ADMIN, kind="role", name="boss", scp_levels=((FULL_ACCESS,),)),
        principal(ENTER, name="open", scp_levels=((FULL_ACCESS,),)),
        principal(ENTER, name="guarded", scp_levels=(guard,)),
        principal(allow("sts:AssumeRole", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), name="mfa"),
        principal(document(statement("Allow", "sts:AssumeRole") | {"Effect": "allow"}), name="unread"),
    ]
    found = steps(principals, [role("boss", ROOT)])
    assert (found["open"], found["guarded"], found["mfa"]) == ((1, 1), (None, None), (None, 1))
    assert found["unread"][0] is None


def test_what_the_caller_chooses_is_no_condition() -> None:
    boss = principal(ADMIN, kind="role", name="boss")
    in_europe = FULL_ACCESS, *policies(deny("*", Condition=equals("aws:RequestedRegion", "us-east-1")), kind="scp")
    principals = [
        boss,
        principal(ENTER, name="free"),
        principal(ENTER, name="european", scp_levels=(in_europe,)),
        principal(allow("sts:AssumeRole", Condition=equals("aws:RequestedRegion", "eu-west-1")), name="irish"),
    ]
    ways = {
        "region": equals("aws:RequestedRegion", "us-east-1"),
        "session": equals("sts:RoleSessionName", "deploy"),
        "own name": equals("sts:RoleSessionName", "${aws:username}"),
        "secret": equals("sts:ExternalId", "x"),
    }
    found = {name: steps(principals, [role("boss", ROOT, Condition=condition)]) for name, condition in ways.items()}
    assert {name: one["free"] for name, one in found.items()} == {
        "region": (1, 1),
        "session": (1, 1),
        "own name": (1, 1),
        "secret": (None, 1),
    }
    assert (found["region"]["european"], found["region"]["irish"]) == ((None, None), (None, None))


def equals(key: str, value: str) -> dict[str, Any]:
    return {"StringEquals": {key: value}}


def test_everyone_trusted_and_an_unreadable_trust() -> None:
    principals = [
        principal(ADMIN, kind="role", name="boss"),
        principal(ENTER, name="guest", account=OTHER),
        principal(ENTER, name="own"),
    ]
    assert steps(principals, [role("boss", "*")]) == {"boss": (0, 0), "guest": (1, 1), "own": (1, 1)}
    unread = Role(arn("role", "boss"), Policy.read("trust", None))
    assert steps(principals, [unread])["own"] == (None, 1)


def test_a_chain_is_counted_to_its_end() -> None:
    length = 40
    roles = [role(f"r{index}", {"AWS": arn("role", f"r{index + 1}")}) for index in range(length)]
    principals = [principal(ADMIN, kind="role", name="r0")] + [
        principal(kind="role", name=f"r{index}") for index in range(1, length + 1)
    ]
    found = steps(principals, roles)
    assert [found[f"r{index}"][0] for index in range(length + 1)] == list(range(length + 1))


def test_nobody_is_its_own_target_and_equals_have_unequal_ones() -> None:
    make_keys = allow("iam:CreateAccessKey")
    alone = [principal(make_keys, name="one"), principal(ADMIN, kind="role", name="boss")]
    assert steps(alone, [])["one"] == (None, None)
    pair = [
        *alone,
        principal(make_keys, name="two"),
        principal(allow("iam:PutUserPolicy", arn("user", "two")), name="x"),
    ]
    # Keys of x, who makes two an administrator, and keys of two.
    assert steps(pair, [])["one"] == (3, 3)
    unlinked = [*pair[:-1], principal(allow("iam:PutUserPolicy", arn("user", "nobody")), name="x")]
    assert steps(unlinked, [])["one"] == (None, None)
    raised = principal(make_keys, allow("iam:PutUserPolicy", arn("user", "two")), name="two")
    assert {name: steps([*alone, raised], [])[name] for name in ("one", "two")} == {"one": (2, 2), "two": (1, 1)}


def test_the_only_target_of_an_equal() -> None:
    run = allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"])
    jobs = [principal(run, kind="role", name=name) for name in ("a-job", "b-job")]
    boss = principal(ADMIN, kind="role", name="boss")
    trusts = [role("boss", {"AWS": arn("role", "a-job")}), role("a-job", {"Service": "lambda.amazonaws.com"})]
    found = steps([*jobs, boss], trusts)
    assert (found["a-job"], found["b-job"]) == ((1, 1), (2, 2))


def test_a_trust_that_singles_out_one_of_equals() -> None:
    boss = principal(ADMIN, kind="role", name="boss")
    equals = [principal(ENTER, name=name) for name in ("anna", "bob")]
    by_condition = role("boss", ROOT, Condition={"ArnEquals": {"aws:PrincipalArn": arn("user", "bob")}})
    found = steps([boss, *equals], [by_condition])
    assert (found["anna"], found["bob"]) == ((None, None), (1, 1))
    with_mfa = {"Effect": "Allow", "Principal": ROOT, "Action": "sts:AssumeRole"} | {
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    }
    named = {"Effect": "Allow", "Principal": {"AWS": arn("user", "anna")}, "Action": "sts:AssumeRole"}
    mixed = Role(arn("role", "boss"), Policy.read("trust", document(with_mfa, named), "trust"))
    found = steps([boss, *equals], [mixed])
    assert (found["anna"], found["bob"]) == ((1, 1), (None, 1))


def test_a_role_open_to_everybody_needs_no_right_in_its_own_account() -> None:
    principals = [
        principal(ADMIN, kind="role", name="boss"),
        principal(name="idle"),
        principal(name="stranger", account=OTHER),
    ]
    found = steps(principals, [role("boss", "*")])
    assert (found["idle"], found["stranger"]) == ((1, 1), (None, None))


def test_a_session_named_in_a_trust() -> None:
    boss, ops = principal(ADMIN, kind="role", name="boss"), principal(kind="role", name="team/ops")
    named = role("boss", {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/s"})
    assert steps([boss, ops], [named])["ops"] == (None, 1)


OPENED = (
    {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
    {"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/a*", arn("user", "ben", OTHER)]}},
    {"StringEquals": {"aws:PrincipalAccount": [ACCOUNT, THIRD]}},
    {"StringNotEquals": {"aws:PrincipalTag/team": "red"}},
    {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"o-1/ou-{THIRD}/*"}},
    {"StringEquals": {"sts:ExternalId": "x"}},
)
CLOSED = (
    {"Effect": "Deny", "Principal": {"AWS": arn("role", "abe", OTHER)}, "Action": "sts:*"},
    {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Condition": {"StringEquals": {"aws:username": "ben"}}},
    {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "sts:AssumeRole"},
)
ENTRIES = (
    *(ENTER, allow("sts:AssumeRole", "arn:aws:iam::*:role/app*"), allow("sts:AssumeRole", arn("role", "boss", THIRD))),
    allow("sts:AssumeRole", Condition={"StringNotEquals": {"aws:ResourceAccount": OTHER}}),
    document(ENTER["Statement"][0], statement("Deny", "sts:AssumeRole", arn("role", "*", OTHER))),
    document(ENTER["Statement"][0], statement("Deny", "sts:AssumeRole", arn("role", "app*"))),
    document(
        ENTER["Statement"][0],
        statement("Deny", "*", Condition={"StringEquals": {"aws:ResourceAccount": "${aws:PrincipalAccount}"}}),
    ),
)


@pytest.mark.parametrize("seed", range(12))
def test_roles_open_to_everybody_are_entered_by_whom_they_let_in(seed: int) -> None:
    """Whom trust policies and policies of its own let in, one by one, is who is one step away, and nobody else."""
    dice = random.Random(seed)
    accounts = (ACCOUNT, OTHER, THIRD)
    facts = {one: {"aws:PrincipalOrgID": "o-1", "aws:PrincipalOrgPaths": (f"o-1/ou-{one}/",)} for one in accounts}
    bosses = [principal(ADMIN, kind="role", name=name, account=one) for one in accounts for name in ("boss", "app1")]
    others = [
        principal(dice.choice(ENTRIES), kind=kind, name=name, account=one, facts=facts[one], tags={"team": team})
        for one in accounts
        for kind, name, team in (
            ("role", "abe", "red"),
            ("role", "abby", ""),
            ("user", "ben", "red"),
            ("user", "bo", ""),
        )
    ]
    for more in ({}, {"Condition": dice.choice(OPENED)}):
        everyone = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole", **more}
        policy = Policy.read("trust", document(everyone, *dice.sample(CLOSED, dice.randint(0, 1))), "trust")
        roles = [Role(boss.arn, policy) for boss in dice.sample(bosses, dice.choice((1, 1, 3)))]
        found = {row.arn: row for row in reach([*bosses, *others], roles)}
        for one in others:
            best = max(may_assume(one, role) for role in roles)
            expected = {Tri.YES: (1, 1), Tri.DEPENDS: (None, 1), Tri.NO: (None, None)}[best]
            assert (found[one.arn].steps, found[one.arn].possible_steps) == expected, one.arn


def test_joining_a_group_of_administrators_is_a_step() -> None:
    group = arn("group", "admins")
    joins = principal(allow("iam:AddUserToGroup", group))
    groups = {ACCOUNT: {group: Tri.YES}}
    assert steps([joins], [], groups=groups) == {"worker": (1, 1)}
    capped = principal(allow("iam:AddUserToGroup", group), boundary=Policy.read("cap", allow("iam:AddUserToGroup")))
    assert steps([capped], [], groups=groups) == {"worker": (None, None)}


def test_a_role_that_moves_no_further_counts_where_somebody_writes_into_it() -> None:
    writer = principal(allow("iam:PutRolePolicy", arn("role", "idle")), kind="role", name="writer")
    roles = [role("writer", ROOT), role("idle", ROOT)]
    assert steps([principal(ENTER), writer], roles)["worker"] == (3, 3)
    assert steps([principal(ENTER), writer], [roles[0], role("idle", {"Service": "ec2.amazonaws.com"})])["worker"] == (
        None,
        None,
    )
