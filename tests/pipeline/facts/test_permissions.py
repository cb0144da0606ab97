"""What principals with the same permissions can do: administer, write IAM, shed their boundary."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.facts import permissions
from pipeline.schema import Row
from tests.pipeline.facts.support import (
    ONE,
    allow,
    arn,
    control_policies,
    deny,
    document,
    night,
    policy,
    principal,
)

APP, ANN = arn("role/app"), arn("user/ann")
LIMIT = arn("policy/limit")


def facts(*statements: Row, holder: Any = APP, **more: Any) -> Row:
    """The row of a holder of one policy with these statements."""
    queries = {name: more.pop(name) for name in ("levels", "organization_documents") if name in more}
    row = principal(holder, policy("own", document(*statements)), **more)
    (found,) = permissions.TABLE.table(permissions.rows(night(principals=[row], **queries))).to_pylist()
    return dict(found)


def bounded(*statements: Row, holder: str = APP, limit: str = document(allow("*"))) -> list[tuple[str, str]]:
    """Action and verdict of each edit that the holder may make to its boundary."""
    row = facts(*statements, holder=holder, boundary=policy("limit", limit, LIMIT))
    return [(edit["action"], edit["verdict"]) for edit in json.loads(row["boundary_edits"])]


def test_an_administrator_is_named_with_the_statement() -> None:
    row = facts(allow("*"))
    assert (row["admin"], row["admin_level"], row["admin_conditions"]) == ("yes", "full", [])
    (statement,) = json.loads(row["admin_statements"])
    assert (statement["policy"], statement["effect"], statement["layer"]) == ("own", "Allow", "identity")
    assert (row["permissions_sha256"], row["own_account"]) == (f"key of {APP}", ONE)


def test_conditions_that_decide_are_named() -> None:
    row = facts(allow("*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))
    assert (row["admin"], row["admin_conditions"]) == ("depends", ["aws:SourceIp"])


def test_a_policy_that_cannot_be_read_is_named_and_makes_no_administrator() -> None:
    row = facts()
    assert row["admin"] == "depends"
    assert row["unreadable"] == ["own: document, Statement: expected one statement or a list of at least one"]
    assert (row["may_escalate"], row["iam_writes"], row["unbounded_writes"]) == (False, [], "[]")


def test_a_boundary_that_was_not_read_leaves_it_open() -> None:
    row = facts(allow("*"), boundary={"name": "gone", "arn": LIMIT, "sha256": "gone", "document": None})
    assert row["admin"] == "depends"
    assert row["unreadable_limits"] == ["gone: the document could not be read"]


def test_scps_bind_only_where_the_type_is_enabled() -> None:
    scps = control_policies("SERVICE_CONTROL_POLICY")
    assert facts(allow("*"), scp_levels_sha256="key", **scps)["admin"] == "no"
    assert facts(allow("*"), scp_levels_sha256="key")["admin"] == "yes"


@pytest.mark.parametrize(
    ("holder", "can"), [(APP, True), (arn("role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"), False)]
)
def test_only_services_act_as_a_service_linked_role(holder: str, can: bool) -> None:
    row = facts(allow(["iam:PutRolePolicy", "iam:CreateRole"]), holder=holder)
    assert row["may_escalate"] is can
    assert row["iam_writes"] == (["iam:CreateRole", "iam:PutRolePolicy"] if can else [])


@pytest.mark.parametrize(
    ("statement", "can"),
    [(allow("sts:AssumeRole"), True), (allow("sts:*"), True), (allow("s3:*"), False), (deny("sts:AssumeRole"), False)],
)
def test_who_may_assume_some_role(statement: Row, can: bool) -> None:
    assert facts(statement)["can_assume"] is can


@pytest.mark.parametrize(
    ("condition", "unbounded"),
    [
        ({}, ["iam:CreateRole"]),
        ({"StringEquals": {"iam:PermissionsBoundary": LIMIT}}, []),
        ({"StringEqualsIfExists": {"iam:PermissionsBoundary": LIMIT}}, ["iam:CreateRole"]),
        ({"StringLike": {"iam:PermissionsBoundary": "*"}}, ["iam:CreateRole"]),
    ],
)
def test_writes_that_no_condition_binds_to_a_boundary(condition: Row, unbounded: list[str]) -> None:
    row = facts(allow("iam:CreateRole", **({"Condition": condition} if condition else {})))
    assert row["iam_writes"] == ["iam:CreateRole"]
    assert [write["action"] for write in json.loads(row["unbounded_writes"])] == unbounded


def test_a_write_says_how_sure_it_is_and_what_it_waits_for() -> None:
    (sure,) = json.loads(facts(allow("iam:CreateUser"))["unbounded_writes"])
    assert (sure["verdict"], sure["conditions"], sure["is_unread"]) == ("yes", [], False)
    address = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    (maybe,) = json.loads(facts(allow("iam:CreateUser", Condition=address))["unbounded_writes"])
    assert (maybe["verdict"], maybe["conditions"], maybe["is_unread"]) == ("depends", ["aws:SourceIp"], False)


def test_writes_that_wait_for_an_unread_policy_say_so() -> None:
    unread = {"name": "unread", "arn": arn("policy/unread"), "sha256": "x", "document": None}
    row = principal(APP, policy("own", document(allow("iam:CreateUser"))), boundary=unread)
    (found,) = permissions.rows(night(principals=[row]))
    (write,) = json.loads(found["unbounded_writes"])
    assert (write["verdict"], write["is_unread"]) == ("depends", True)


@pytest.mark.parametrize(
    ("holder", "action", "edits"),
    [
        (APP, "iam:DeleteRolePermissionsBoundary", [("iam:DeleteRolePermissionsBoundary", "yes")]),
        (APP, "iam:PutRolePermissionsBoundary", [("iam:PutRolePermissionsBoundary", "yes")]),
        (APP, "iam:DeleteUserPermissionsBoundary", []),
        (ANN, "iam:DeleteUserPermissionsBoundary", [("iam:DeleteUserPermissionsBoundary", "yes")]),
        (ANN, "iam:DeleteRolePermissionsBoundary", []),
        (APP, "iam:CreatePolicyVersion", [("iam:CreatePolicyVersion", "yes")]),
        (APP, "iam:DeletePolicy", [("iam:DeletePolicy", "yes")]),
        (APP, "s3:GetObject", []),
    ],
)
def test_ways_to_shed_a_boundary(holder: str, action: str, edits: list[tuple[str, str]]) -> None:
    assert bounded(allow(action), holder=holder) == edits


def test_a_boundary_may_be_put_in_the_place_of_another_only_if_any_will_do() -> None:
    same = {"StringEquals": {"iam:PermissionsBoundary": LIMIT}}
    assert bounded(allow("iam:PutRolePermissionsBoundary", Condition=same)) == []
    assert bounded(allow("iam:DeleteRolePermissionsBoundary", Condition=same)) == [
        ("iam:DeleteRolePermissionsBoundary", "yes")
    ]


def test_a_boundary_of_aws_cannot_be_edited() -> None:
    power = {"name": "PowerUserAccess", "arn": "arn:aws:iam::aws:policy/PowerUserAccess", "sha256": None}
    row = facts(allow("iam:*Policy*"), boundary=power | {"document": None})
    assert json.loads(row["boundary_edits"]) == []


def test_without_a_boundary_there_is_none_to_edit() -> None:
    assert facts(allow("iam:*"))["boundary_edits"] == "[]"


@pytest.mark.parametrize(
    ("more", "is_bound"),
    [
        ([], True),
        ([allow("iam:DeleteRolePermissionsBoundary")], False),
        ([allow("iam:DeleteRolePermissionsBoundary", arn("role/other"))], True),
        ([allow("iam:CreatePolicyVersion", LIMIT)], False),
        ([allow("iam:PutRolePermissionsBoundary")], False),
    ],
)
def test_a_boundary_binds_only_while_its_lock_holds(more: list[Row], is_bound: bool) -> None:
    condition = {"StringEquals": {"iam:PermissionsBoundary": LIMIT}}
    row = facts(allow("iam:CreateRole", Condition=condition), *more)
    unbounded = [write["action"] for write in json.loads(row["unbounded_writes"])]
    assert unbounded == ([] if is_bound else ["iam:CreateRole"])
