"""Tags that a principal can give itself are no shield, on Allow and on Deny; tags that it cannot are."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.facts import permissions
from pipeline.policy import Account, Policy, Principal, Role, Tri, boundary_facts, escalations, reach
from pipeline.policy.document import parse
from pipeline.policy.tagging import retagged
from tests.pipeline.policy.support import ACCOUNT, ADMIN, allow, deny, document, policies, principal, statement

IAM = f"arn:aws:iam::{ACCOUNT}"
ME = f"{IAM}:user/worker"
TEAM = {"StringEquals": {"aws:PrincipalTag/team": "admin"}}
BARRED = {"StringEquals": {"aws:PrincipalTag/barred": "yes"}}
LOCK = deny(["iam:TagUser", "iam:UntagUser"], Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}})
ONLY_BLUE = allow("iam:TagUser", ME, Condition={"StringEquals": {"aws:RequestTag/team": "blue"}})


def found(*documents: Any, tags: dict[str, str] | None = None, account: Account | None = None, **more: Any) -> Any:
    holder = principal(*documents, tags={} if tags is None else tags, **more)
    return {one.path.id: one for one in escalations(holder, account).paths}


@pytest.mark.parametrize(
    ("documents", "tags", "path"),
    [
        ([allow("*", Condition=TEAM), allow("iam:TagUser", ME)], {}, "iam-tag-user"),
        ([allow("*", Condition=TEAM), allow("iam:TagUser", f"{IAM}:user/${{aws:username}}")], {}, "iam-tag-user"),
        ([allow("*", Condition=TEAM), allow("iam:TagUser", f"{IAM}:user/other")], {}, ""),
        ([allow("*", Condition=TEAM), allow("iam:TagUser"), LOCK], {}, ""),
        ([allow("*", Condition=TEAM), ONLY_BLUE], {}, ""),
        ([allow("*", Condition=TEAM), allow("iam:TagRole")], {}, ""),
        ([allow("iam:PutUserPolicy", Condition=TEAM), allow("iam:TagUser")], {}, "iam-tag-user"),
        ([allow("s3:GetObject", Condition=TEAM), allow("iam:TagUser")], {}, "iam-tag-user"),
        ([allow("s3:*"), allow("s3:GetObject", Condition=TEAM), allow("iam:TagUser")], {}, ""),
        ([ADMIN, deny("*", Condition=BARRED), allow("iam:UntagUser")], {"barred": "yes"}, ""),
        (
            [allow(["iam:PutUserPolicy", "iam:UntagUser"]), deny("iam:Put*", Condition=BARRED)],
            {"barred": "yes"},
            "iam-untag-user",
        ),
        ([allow("iam:PutUserPolicy"), deny("iam:Put*", Condition=BARRED)], {"barred": "yes"}, ""),
        (
            [allow("*", Condition={"Null": {"aws:PrincipalTag/team": "false"}}), allow("iam:TagUser")],
            {},
            "iam-tag-user",
        ),
        ([allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team}/*"), allow("iam:TagUser")], {}, "iam-tag-user"),
    ],
)
def test_a_user_tags_itself(documents: list[Any], tags: dict[str, str], path: str) -> None:
    paths = found(*documents, tags=tags)
    assert {id for id in paths if "tag" in id} == ({path} if path else set())
    assert all(one.verdict is Tri.YES for one in paths.values())


def test_what_the_tag_brings_is_told() -> None:
    rights = allow("iam:TagUser")
    assert found(allow("*", Condition=TEAM), rights)["iam-tag-user"].leads_to_admin is Tri.YES
    assert found(allow("iam:PutUserPolicy", Condition=TEAM), rights)["iam-tag-user"].leads_to_admin is Tri.YES
    assert found(allow("s3:*", Condition=TEAM), rights)["iam-tag-user"].leads_to_admin is Tri.NO


def test_two_tags_in_a_row() -> None:
    second = {"StringEquals": {"aws:PrincipalTag/a": "1", "aws:PrincipalTag/b": "2"}}
    assert found(allow("*", Condition=second), allow("iam:TagUser"))["iam-tag-user"].leads_to_admin is Tri.YES
    unlocked = allow("iam:TagUser", Condition={"StringEquals": {"aws:PrincipalTag/a": "1", "aws:TagKeys": "b"}})
    first = allow("iam:TagUser", Condition={"StringEquals": {"aws:TagKeys": "a"}})
    assert (
        found(allow("iam:PutUserPolicy", Condition=second), first, unlocked)["iam-tag-user"].leads_to_admin is Tri.YES
    )


def test_a_role_tags_itself_unless_aws_keeps_it() -> None:
    rights = [allow("*", Condition=TEAM), allow("iam:TagRole")]
    roles = principal(*rights, kind="role", tags={}, takes_session_tags=False)
    account = Account({roles.arn: Role(roles.arn, Policy.read("trust", None))})
    assert "iam-tag-role" in {one.path.id for one in escalations(roles, account).paths}
    kept = Principal(
        f"{IAM}:role/aws-reserved/sso.amazonaws.com/x", policies(*rights), tags={}, takes_session_tags=False
    )
    assert retagged(kept) == ()


def test_the_lock_of_a_boundary_is_picked_with_a_tag() -> None:
    removal = "iam:DeleteUserPermissionsBoundary"
    unless = {"StringNotEquals": {"aws:PrincipalTag/team": "admin"}}
    bounds = [
        statement("Allow", "*"),
        statement("Deny", [removal, "iam:Put*Boundary", "iam:*Policy*"], Condition=unless),
    ]
    boundary = Policy.read("limit", document(*bounds), arn=f"{IAM}:policy/limit")
    bearer = principal(ADMIN, boundary=boundary, tags={})
    assert next(one["action"] for one in permissions.boundary_edits(bearer)) == removal
    locked = Policy.read(
        "limit", document(*bounds, statement("Deny", ["iam:Tag*", "sts:TagSession"])), arn=boundary.arn
    )
    assert list(permissions.boundary_edits(principal(ADMIN, boundary=locked, tags={}))) == []


@pytest.mark.parametrize(
    ("tagging", "protects"), [([], False), (["iam:TagUser"], False), (["iam:Tag*", "sts:Tag*"], True)]
)
def test_a_boundary_protects_itself_while_nobody_sets_the_tag(tagging: list[str], protects: bool) -> None:
    unless = {"StringNotEquals": {"aws:PrincipalTag/team": "admin"}}
    edits = ["iam:DeleteUser*", "iam:DeleteRole*", "iam:*Policy*"]
    lock = [statement("Deny", tagging)] if tagging else []
    made = parse(document(statement("Allow", "*"), statement("Deny", edits, Condition=unless), *lock), "identity")
    assert boundary_facts(made, f"{IAM}:policy/limit").protects_itself is protects


def test_writes_under_a_tag_are_writes() -> None:
    bounded = {"StringEquals": {"iam:PermissionsBoundary": f"{IAM}:policy/limit"}}
    rights = [allow("iam:CreateRole", Condition=bounded), allow("iam:CreateRole", Condition=TEAM)]
    assert '"unbounded_writes": "[]"' in str(permissions.writes(principal(*rights, tags={}))).replace("'", '"')
    tagger = principal(*rights, allow("iam:TagUser"), tags={})
    assert "iam:CreateRole" in permissions.writes(tagger)["unbounded_writes"]


# -- reach


def trust(*actions: str, **more: Any) -> Policy:
    who = {"Effect": "Allow", "Principal": {"AWS": f"{IAM}:root"}, "Action": ["sts:AssumeRole", *actions], **more}
    return Policy.read("trust", document(who), "trust")


def steps(*principals: Principal, **trusts: Policy) -> dict[str, tuple[int | None, int | None]]:
    roles = [Role(f"{IAM}:role/{name}", policy) for name, policy in trusts.items()]
    return {one.arn.split("/")[-1]: (one.steps, one.possible_steps) for one in reach(principals, roles)}


ENTERS, TAGS = allow("sts:AssumeRole"), allow(["sts:AssumeRole", "sts:TagSession"])


def abac(tags: dict[str, str] | None = None, takes: bool = False) -> Principal:
    return principal(allow("*", Condition=TEAM), kind="role", name="abac", tags=tags or {}, takes_session_tags=takes)


def test_whoever_tags_the_session_meets_the_condition() -> None:
    role = abac(takes=True)
    people = [principal(ENTERS, name="enters", tags={}), principal(TAGS, name="tags", tags={})]
    reached = steps(role, *people, abac=trust("sts:TagSession"))
    assert (reached["enters"], reached["tags"]) == ((None, 1), (1, 1))
    fixed = {"Condition": {"StringEqualsIfExists": {"aws:RequestTag/team": "blue"}}}
    assert steps(role, *people, abac=trust("sts:TagSession", **fixed))["tags"] == (None, 1)


def test_tags_that_nobody_sets_are_a_shield() -> None:
    people = [principal(TAGS, name="tags", tags={}), principal(allow("iam:TagRole"), ENTERS, name="edits", tags={})]
    reached = steps(abac(), *people, abac=trust())
    assert reached["tags"] == (None, None)
    assert reached["edits"] == (1, 1)


def test_a_tag_opens_the_trust_of_a_role() -> None:
    boss = principal(ADMIN, kind="role", name="boss", tags={}, takes_session_tags=False)
    people = [
        principal(ENTERS, name="plain", tags={}),
        principal(ENTERS, name="admin", tags={"team": "admin"}),
        principal(ENTERS, allow("iam:TagUser", f"{IAM}:user/*"), name="tagger", tags={}),
    ]
    reached = steps(boss, *people, boss=trust(Condition=TEAM))
    assert reached["plain"] == (None, None)
    assert reached["admin"] == (1, 1)
    assert reached["tagger"] == (2, 2)
