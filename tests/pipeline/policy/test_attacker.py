"""Escalation as an attacker would go about it: the best of several requests, what it gains, and an oracle that tries
every sequence of actions on small accounts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from pipeline.policy import Account, Policy, Principal, Role, Tri, can, escalations, is_admin, reach
from pipeline.policy.account import Workload
from pipeline.policy.exceeds import exceeds
from pipeline.policy.principal import answer
from tests.pipeline.policy.support import (
    ACCOUNT,
    ADMIN,
    FULL_ACCESS,
    allow,
    deny,
    document,
    load,
    policies,
    principal,
    statement,
)

IAM = f"arn:aws:iam::{ACCOUNT}"
AWS = "arn:aws:iam::aws:policy"
MADE_BOUNDARY = f"{IAM}:policy/dev"
CASES = [one for one in load("policy_cases_2.json") if one["machine_checks"][0].get("ask") == "path"]


def open_paths(holder: Principal, account: Account | None = None) -> dict[str, str]:
    return {one.path.id: one.verdict.name for one in escalations(holder, account).paths}


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    for check in case["machine_checks"]:
        assert (check["path"] in open_paths(principal(case["policy"]))) is (check["expected"] == "yes"), case["why"]


def arn_of_policy(operator: str, *arns: str) -> dict[str, Any]:
    return {operator: {"iam:PolicyARN": list(arns)}}


@pytest.mark.parametrize(
    ("documents", "is_open"),
    [
        ([allow("iam:AttachUserPolicy", Condition=arn_of_policy("ArnEquals", f"{AWS}/ReadOnlyAccess"))], False),
        ([allow("iam:AttachUserPolicy", Condition=arn_of_policy("ArnLike", f"{AWS}/IAM*"))], True),
        ([allow("iam:AttachUserPolicy", Condition=arn_of_policy("ArnNotEquals", f"{AWS}/AdministratorAccess"))], True),
        ([allow("iam:AttachUserPolicy", Condition=arn_of_policy("ArnLike", f"{IAM}:policy/team-*"))], False),
        (
            [
                allow("iam:AttachUserPolicy", Condition=arn_of_policy("ArnLike", f"{IAM}:policy/team-*")),
                allow("iam:CreatePolicy"),
            ],
            True,
        ),
        (
            [
                allow("iam:AttachUserPolicy", Condition=arn_of_policy("ArnEquals", f"{IAM}:policy/team")),
                allow("iam:CreatePolicyVersion", f"{IAM}:policy/team"),
            ],
            True,
        ),
        (
            [
                allow("iam:AttachUserPolicy", Condition=arn_of_policy("ArnLike", f"{IAM}:policy/team-*")),
                allow("iam:CreatePolicy", f"{IAM}:policy/other-*"),
            ],
            False,
        ),
    ],
)
def test_what_is_attached_is_the_actors_choice(documents: list[Any], is_open: bool) -> None:
    assert ("iam-attach-user-policy" in open_paths(principal(*documents))) is is_open


def test_an_scp_that_names_one_policy_shields_nothing() -> None:
    one = deny("iam:AttachUserPolicy", Condition=arn_of_policy("ArnEquals", f"{AWS}/AdministratorAccess"))
    every = deny("iam:AttachUserPolicy")
    for source, is_open in ((one, True), (every, False)):
        guard = ((FULL_ACCESS, *policies(source, kind="scp")),)
        holder = principal(allow(["iam:AttachUserPolicy", "iam:CreatePolicy"]), scp_levels=guard)
        assert ("iam-attach-user-policy" in open_paths(holder)) is is_open


MAKES_ROLES = ["iam:CreateRole", "iam:AttachRolePolicy", "iam:PutRolePolicy"]


@pytest.mark.parametrize(
    ("condition", "more", "is_open"),
    [
        ({"StringLike": {"iam:PermissionsBoundary": "*"}}, [], True),
        ({"Null": {"iam:PermissionsBoundary": "false"}}, [], True),
        ({"StringLike": {"iam:PermissionsBoundary": "arn:aws:iam::*:policy/*"}}, [], True),
        ({"StringEquals": {"iam:PermissionsBoundary": MADE_BOUNDARY}}, [], False),
        ({"StringEquals": {"iam:PermissionsBoundary": MADE_BOUNDARY}}, [allow("iam:CreatePolicy")], False),
        ({"StringEquals": {"iam:PermissionsBoundary": MADE_BOUNDARY}}, [allow("iam:CreatePolicyVersion")], True),
        (
            {"StringEquals": {"iam:PermissionsBoundary": MADE_BOUNDARY}},
            [allow("iam:DeleteRolePermissionsBoundary")],
            True,
        ),
        ({"StringEquals": {"iam:PermissionsBoundary": MADE_BOUNDARY}}, [allow("iam:PutRolePermissionsBoundary")], True),
        (
            {"StringEquals": {"iam:PermissionsBoundary": MADE_BOUNDARY}},
            [allow("iam:DeleteUserPermissionsBoundary")],
            False,
        ),
        ({"StringLike": {"iam:PermissionsBoundary": f"{IAM}:policy/dev-*"}}, [allow("iam:CreatePolicy")], True),
        ({"StringLike": {"iam:PermissionsBoundary": f"{IAM}:policy/dev-*"}}, [], False),
    ],
)
def test_a_boundary_shields_while_its_lock_holds(condition: Any, more: list[Any], is_open: bool) -> None:
    holder = principal(allow(MAKES_ROLES, Condition=condition), *more, kind="role")
    found = {one for one in open_paths(holder) if one.startswith("iam-create-role")}
    assert bool(found) is is_open


def test_the_region_is_the_actors_choice() -> None:
    approved = deny("*", Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}})
    guard = ((FULL_ACCESS, *policies(approved, kind="scp")),)
    holder = principal(allow(["iam:PassRole", "ec2:RunInstances"]), scp_levels=guard)
    assert open_paths(holder)["ec2-run-instances"] == "YES"
    nowhere = deny("ec2:*", Condition={"StringLike": {"aws:RequestedRegion": "*"}})
    guard = ((FULL_ACCESS, *policies(nowhere, kind="scp")),)
    assert "ec2-run-instances" not in open_paths(replace(holder, scp_levels=guard))


# -- what a path gains


def trust(condition: dict[str, Any] | None = None, **who: Any) -> Policy:
    more = {"Condition": condition} if condition else {}
    one = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole", **more}
    return Policy.read("trust", document(one), "trust")


def held(name: str, *documents: Any, service: str = "lambda.amazonaws.com") -> tuple[Role, Principal]:
    holder = principal(*documents, kind="role", name=name)
    return Role(holder.arn, trust(Service=service), is_admin(holder).verdict), holder


@pytest.mark.parametrize(
    ("target", "actor", "expected"),
    [
        (allow("logs:PutLogEvents"), allow("s3:*"), Tri.YES),
        (allow("logs:PutLogEvents"), allow("logs:*"), Tri.NO),
        (allow("s3:GetObject", "arn:aws:s3:::a/*"), allow("s3:GetObject", "arn:aws:s3:::b/*"), Tri.YES),
        (allow("s3:GetObject", "arn:aws:s3:::a/x"), allow("s3:GetObject", "arn:aws:s3:::a/*"), Tri.NO),
        (
            allow("s3:GetObject", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
            allow("ec2:*"),
            Tri.DEPENDS,
        ),
        (ADMIN, allow("iam:*"), Tri.YES),
        (document(statement("Deny", "*")), allow("s3:*"), Tri.NO),
    ],
)
def test_rights_are_compared(target: Any, actor: Any, expected: Tri) -> None:
    assert exceeds(principal(target, kind="role"), principal(actor)) is expected


def test_taking_over_something_weaker_is_no_escalation() -> None:
    passes = allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction", "logs:PutLogEvents"])
    weak, strong = held("weak", allow("logs:PutLogEvents")), held("strong", allow("dynamodb:*"))
    both = Account({one.arn: one for one, _ in (weak, strong)}, holders={one.arn: one for _, one in (weak, strong)})
    only = Account({weak[0].arn: weak[0]}, holders={weak[1].arn: weak[1]})
    assert "lambda-create-and-invoke" not in open_paths(principal(passes), only)
    found = next(one for one in escalations(principal(passes), both).paths if one.path.id.startswith("lambda-create"))
    assert set(found.targets) == {strong[0].arn}
    unread = Account({weak[0].arn: weak[0]})
    assert any(one.startswith("lambda-create") for one in open_paths(principal(passes), unread))


@pytest.mark.parametrize(("has_profile", "more", "is_open"), [(False, [], False), (True, [], True), (None, [], True)])
def test_ec2_takes_a_role_by_its_instance_profile(has_profile: bool | None, more: list[str], is_open: bool) -> None:
    role, holder = held("box", ADMIN, service="ec2.amazonaws.com")
    account = Account({role.arn: replace(role, has_instance_profile=has_profile)}, holders={role.arn: holder})
    runs = ["iam:PassRole", "ec2:RunInstances"]
    assert ("ec2-run-instances" in open_paths(principal(allow(runs)), account)) is is_open
    makes = [*runs, "iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"]
    assert "ec2-run-instances" in open_paths(principal(allow(makes)), account)


@pytest.mark.parametrize(("held_back", "is_open"), [(Tri.YES, True), (Tri.NO, False)])
def test_the_boundary_of_another_role_is_taken_off(held_back: Tri, is_open: bool) -> None:
    role = Role(f"{IAM}:role/caged", trust(AWS=f"{IAM}:root"), Tri.NO, held_back=held_back)
    frees = principal(allow(["iam:DeleteRolePermissionsBoundary", "sts:AssumeRole"]))
    found = {one.path.id: one.leads_to_admin for one in escalations(frees, Account({role.arn: role})).paths}
    assert found.get("iam-delete-role-boundary-and-assume") is (Tri.YES if is_open else None)


# -- an oracle: every sequence of up to three actions, each allowed by the evaluator


@dataclass(frozen=True)
class World:
    """An account: who holds what, which trust roles have, whom the attacker is by now, and who has the tag."""

    held: tuple[tuple[str, tuple[Policy, ...]], ...]
    trusts: tuple[tuple[str, Policy], ...]
    controlled: frozenset[str]
    tagged: frozenset[str] = frozenset()

    def principal(self, arn: str) -> Principal:
        tags = {"team": "red"} if arn in self.tagged else {}
        return Principal(arn, dict(self.held)[arn], tags=tags, takes_session_tags=False)

    def with_policy(self, arn: str) -> World:
        more = dict(self.held) | {arn: (*dict(self.held)[arn], EVERYTHING)}
        return replace(self, held=tuple(more.items()))

    @property
    def is_won(self) -> bool:
        return any(is_admin(self.principal(arn)).verdict is Tri.YES for arn in self.controlled)


EVERYTHING = Policy.read("everything", ADMIN)
ATTACHED = {f"{AWS}/AdministratorAccess", f"{AWS}/IAMFullAccess"}


def may(actor: Principal, action: str, resource: str, known: Mapping[str, Any] | None = None, **more: Any) -> bool:
    return answer(can(actor, action, resource, {"iam:PermissionsBoundary": (), **(known or {})}, **more)) is Tri.YES


TAG = {"aws:RequestTag/team": "red", "aws:TagKeys": ("team",)}


def moves(world: World) -> Iterator[World]:
    trusts = dict(world.trusts)
    for arn in sorted(world.controlled):
        actor = world.principal(arn)
        for target in (arn, *trusts):
            kind = "User" if ":user/" in target else "Role"
            if target not in world.tagged and may(actor, f"iam:Tag{kind}", target, TAG):
                yield replace(world, tagged=world.tagged | {target})
            if target in world.tagged and may(actor, f"iam:Untag{kind}", target, {"aws:TagKeys": ("team",)}):
                yield replace(world, tagged=world.tagged - {target})
        for target, _ in world.held:
            kind = "User" if ":user/" in target else "Role"
            attaches = any(may(actor, f"iam:Attach{kind}Policy", target, {"iam:PolicyARN": one}) for one in ATTACHED)
            if attaches or may(actor, f"iam:Put{kind}Policy", target):
                yield world.with_policy(target)
            if kind == "User" and target not in world.controlled and may(actor, "iam:CreateAccessKey", target):
                yield replace(world, controlled=world.controlled | {target})
            if kind == "Role" and target not in world.controlled:
                if may(actor, "sts:AssumeRole", target, resource_policy=trusts[target]):
                    yield replace(world, controlled=world.controlled | {target})
                if may(actor, "iam:UpdateAssumeRolePolicy", target):
                    yield replace(world, trusts=tuple((trusts | {target: trust(AWS=arn)}).items()))


def wins(world: World, steps: int) -> bool:
    return world.is_won or (steps > 0 and any(wins(one, steps - 1) for one in moves(world)))


ACTIONS = (
    *("iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:AttachRolePolicy", "iam:PutRolePolicy"),
    *("iam:CreateAccessKey", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole", "s3:GetObject"),
)
CONDITIONS = (None, None, None, arn_of_policy("ArnEquals", f"{AWS}/AdministratorAccess"))
RED = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
TAGGING = ("iam:TagUser", "iam:TagRole", "iam:UntagUser", "iam:UntagRole")


def some_statement(dice: random.Random, arns: list[str], with_tags: bool) -> dict[str, Any]:
    effect = "Deny" if dice.random() < 0.2 else "Allow"
    condition = dice.choice(CONDITIONS)
    actions = dice.sample((*ACTIONS, *TAGGING) if with_tags else ACTIONS, dice.choice((1, 1, 2)))
    more = {"Condition": condition} if condition and all("Attach" in one for one in actions) else {}
    if with_tags and dice.random() < 0.4:
        more = {"Condition": RED}
    return statement(effect, actions, dice.choice(["*", *arns]), **more)


def some_world(dice: random.Random, with_tags: bool = False) -> World:
    arns = [f"{IAM}:user/mallory", f"{IAM}:user/victim", f"{IAM}:role/app", f"{IAM}:role/chief"]
    held = {
        arn: policies(document(*(some_statement(dice, arns, with_tags) for _ in range(dice.choice((1, 2))))))
        for arn in arns
    }
    if dice.random() < 0.5:
        held[dice.choice(arns[1:])] = (EVERYTHING,)
    openers = [trust(AWS=f"{IAM}:root"), trust(AWS=arns[0]), trust(AWS=arns[1]), trust(Service="ec2.amazonaws.com")]
    if with_tags:
        openers.append(trust(RED, AWS=f"{IAM}:root"))
    trusts = {arn: dice.choice(openers) for arn in arns[2:]}
    if with_tags:
        tags = statement("Allow", dice.choice(TAGGING), dice.choice(["*", arns[0], *arns[2:]]))
        held[arns[0]] = (
            *held[arns[0]],
            *policies(document(tags, statement("Allow", dice.choice(ACTIONS), Condition=RED))),
        )
    tagged = frozenset(dice.sample(arns, dice.choice((0, 1)))) if with_tags else frozenset[str]()
    return World(tuple(held.items()), tuple(trusts.items()), frozenset({arns[0]}), tagged)


@pytest.mark.parametrize("with_tags", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_every_sequence_of_three_actions_agrees(seed: int, with_tags: bool) -> None:
    dice, won = random.Random(seed), 0
    for _ in range(40 if with_tags else 12):
        world = some_world(dice, with_tags)
        everyone = [world.principal(arn) for arn, _ in world.held]
        roles = [Role(arn, policy) for arn, policy in world.trusts]
        found = next(one for one in reach(everyone, roles) if one.arn.endswith("user/mallory"))
        by_hand = wins(world, 3)
        won += by_hand
        assert found.steps is not None or not by_hand, world
        assert by_hand or found.steps is None or found.steps > 1, (found, world)
    assert won


def test_reporting_on_itself_is_no_gain() -> None:
    passes = principal(allow(["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"]))
    for action, is_open in (("logs:PutLogEvents", False), ("dynamodb:GetItem", True)):
        role, holder = held("app", allow(action))
        account = Account({role.arn: role}, holders={role.arn: holder})
        assert ("lambda-create-and-invoke" in open_paths(passes, account)) is is_open


def test_rights_to_one_of_many_like_actions_are_compared() -> None:
    reads, all_but_one = allow(["s3:Get*", "s3:List*"]), allow(["s3:Get*", "s3:ListBucket"])
    assert exceeds(principal(reads), principal(all_but_one)) is Tri.YES
    assert exceeds(principal(all_but_one), principal(reads)) is Tri.NO
    but = [reads, deny("s3:GetObject", ["arn:aws:s3:::vault/*"])]
    assert exceeds(principal(reads), principal(*but)) is Tri.YES
    assert exceeds(principal(*but), principal(reads)) is Tri.NO


def test_only_a_user_joins_a_group() -> None:
    account = Account(groups={f"{IAM}:group/admins": Tri.YES})
    for kind, is_open in (("user", True), ("role", False)):
        joins = principal(allow("iam:AddUserToGroup"), kind=kind)
        assert ("iam-add-user-to-group" in open_paths(joins, account)) is is_open


@pytest.mark.parametrize(
    ("document_arn", "more", "is_open"),
    [
        ("arn:aws:ssm:*::document/AWS-UpdateSSMAgent", [], False),
        ("arn:aws:ssm:us-east-1::document/AWS-RunShellScript", [], True),
        ("arn:aws:ssm:*:*:document/AWS-Run*", [], True),
        ("arn:aws:ssm:*:*:document/restart", [], False),
        ("arn:aws:ssm:*:*:document/restart", ["ssm:UpdateDocument"], True),
        ("*", [], True),
    ],
)
def test_a_command_needs_a_document_that_runs_any(document_arn: str, more: list[str], is_open: bool) -> None:
    sends = allow("ssm:SendCommand", Resource=[document_arn, "arn:aws:ec2:*:*:instance/*"])
    holder = principal(sends, *(allow(one) for one in more))
    role, boss = held("box", ADMIN, service="ec2.amazonaws.com")
    box = Workload(f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1", role.arn)
    account = Account({role.arn: role}, holders={role.arn: boss}, workloads={"ec2_instances": (box,)})
    assert ("ssm-send-command" in open_paths(holder, account)) is is_open


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ({"StringEquals": {"aws:RequestTag/team": "blue"}}, "YES"),
        (
            {"StringEquals": {"aws:RequestTag/team": "blue"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
            "YES",
        ),
        ({"StringLike": {"aws:UserAgent": "*console*"}}, "YES"),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, "DEPENDS"),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "DEPENDS"),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, "DEPENDS"),
    ],
)
def test_what_the_actor_puts_into_a_request_is_no_condition(condition: Any, verdict: str) -> None:
    makes = allow(["iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateAccessKey"])
    guarded = [allow("iam:CreateUser", Condition=condition), allow(["iam:AttachUserPolicy", "iam:CreateAccessKey"])]
    assert open_paths(principal(makes))["iam-create-user-and-attach"] == "YES"
    assert open_paths(principal(*guarded))["iam-create-user-and-attach"] == verdict


def test_a_region_denied_in_two_halves_is_denied() -> None:
    halves = [
        deny("ec2:*", Condition={operator: {"aws:RequestedRegion": "eu-west-1"}})
        for operator in ("StringEquals", "StringNotEquals")
    ]
    runs = allow(["iam:PassRole", "ec2:RunInstances"])
    assert "ec2-run-instances" in open_paths(principal(runs, halves[0]))
    assert "ec2-run-instances" not in open_paths(principal(runs, *halves))


def test_a_tag_on_a_request_that_takes_none_stays_a_condition() -> None:
    tagged = allow("iam:PutUserPolicy", Condition={"StringEquals": {"aws:RequestTag/team": "blue"}})
    assert open_paths(principal(tagged))["iam-put-user-policy"] == "DEPENDS"


@pytest.mark.parametrize("boundaries", ["each its own", "one for all"])
@pytest.mark.parametrize("last", [True, False])
def test_bounded_roles_that_write_into_each_other_come_to_an_end(boundaries: str, last: bool) -> None:
    """Each may give the others rights within their boundaries, round and round; only the last has no boundary."""
    writes = ["iam:PutRolePolicy", "sts:AssumeRole"]
    own = boundaries == "each its own"
    limits = [Policy.read("limit", allow([*writes, f"s3:GetObject{number * own}"])) for number in range(4)]
    roles = {}
    for number, limit in enumerate(limits):
        named = allow(writes, [f"{IAM}:role/r{(number + 1) % 4}", f"{IAM}:role/r{number}"])
        boundary = None if last and number == 3 else limit
        roles[f"{IAM}:role/r{number}"] = principal(named, kind="role", name=f"r{number}", boundary=boundary)
    trusts = {arn: Role(arn, trust(AWS=f"{IAM}:root"), Tri.NO, held_back=bool(roles[arn].boundary)) for arn in roles}
    account = Account(trusts, holders=roles)
    judged = escalations(principal(allow(writes, [f"{IAM}:role/r0"])), account)
    assert judged.paths
    assert max(path.leads_to_admin for path in judged.paths) is (Tri.YES if last else Tri.NO)
