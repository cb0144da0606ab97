"""Paths that the principal's account opens, and their rows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.facts import escalations
from pipeline.schema import Row
from tests.pipeline.facts.support import (
    ONE,
    TWO,
    allow,
    arn,
    deny,
    document,
    group,
    night,
    policy,
    principal,
    role,
    trust,
    user,
    workload,
)

APP = arn("role/app")
ALL, READ = policy("all", document(allow("*"))), policy("read", document(allow("s3:GetObject")))


def paths(*actions: str, holder: str = APP, **more: list[Row]) -> list[Row]:
    own = principal(holder, policy("own", document(*(allow(action) for action in actions))))
    return list(escalations.rows(night(principals=[own], **more)))


def test_a_path_needs_what_the_account_holds() -> None:
    assert paths("iam:CreateAccessKey") == []
    (row,) = paths("iam:CreateAccessKey", users=[user(arn("user/ann"), "yes")])
    assert row | {"grants": None, "aliases": None, "title": None} == {
        "account_id": ONE,
        "principal_arn": APP,
        "is_certain": True,
        "path_id": "iam-create-access-key",
        "title": None,
        "severity": "critical",
        "aliases": None,
        "gain": "become",
        "verdict": "yes",
        "leads_to_admin": "yes",
        "targets": [arn("user/ann")],
        "conditions": [],
        "first": None,
        "unread": [],
        "grants": None,
    }
    (step,) = json.loads(row["grants"])
    assert (step["action"], [one["policy"] for one in step["statements"]]) == ("iam:CreateAccessKey", ["own"])


def test_what_an_account_holds_is_no_target_in_another() -> None:
    elsewhere = [user(arn("user/ann", TWO), "yes")]
    assert paths("iam:CreateAccessKey", users=elsewhere) == []
    key = policy("key", document(allow("iam:CreateAccessKey")))
    both = [principal(arn("role/app", account), key) for account in (ONE, TWO)]
    (row,) = escalations.rows(night(principals=both, users=elsewhere))
    assert (row["account_id"], row["principal_arn"]) == (TWO, arn("role/app", TWO))


def test_targets_are_judged_as_what_they_are() -> None:
    (user_row,) = paths("iam:CreateAccessKey", users=[user(arn("user/ann"), "no")])
    assert user_row["leads_to_admin"] == "no"
    admins, readers = group(arn("group/admins"), ALL), group(arn("group/readers"), READ)
    (row,) = paths("iam:AddUserToGroup", holder=arn("user/bob"), groups=[admins, readers])
    assert (row["leads_to_admin"], row["targets"]) == ("yes", [arn("group/admins"), arn("group/readers")])


def test_a_role_must_let_the_service_in() -> None:
    actions = ("iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction")
    trusted = {"Service": "lambda.amazonaws.com"}
    service = document({"Effect": "Allow", "Principal": trusted, "Action": "sts:AssumeRole"})
    assert paths(*actions, roles=[role(arn("role/other"), trust(arn("user/ann")), "yes")]) == []
    (row,) = paths(*actions, roles=[role(arn("role/worker"), service, "yes")])
    assert (row["targets"], row["leads_to_admin"]) == ([arn("role/worker")], "yes")


def test_conditions_that_a_path_waits_for_are_named() -> None:
    address = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    own = principal(APP, policy("own", document(allow("iam:CreateAccessKey", Condition=address))))
    (row,) = escalations.rows(night(principals=[own], users=[user(arn("user/ann"), "yes")]))
    assert (row["verdict"], row["conditions"]) == ("depends", ["aws:SourceIp"])


INSTANCE = "arn:aws:sso:::instance/ssoins-1"
SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
OTHER_SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-2"
GROUP = "arn:aws:identitystore:::group/g-1"
IDENTITY_CENTER = [
    ("sso-permission-set", "organization_identity_center", INSTANCE, "sso:*"),
    ("sso-attach-managed-policy", "permission_set_assignments", SET, "sso:AttachManagedPolicyToPermissionSet"),
    ("sso-put-inline-policy", "permission_set_assignments", SET, "sso:PutInlinePolicyToPermissionSet"),
    ("sso-assign-permission-set", "permission_sets", SET, "sso:CreateAccountAssignment"),
    ("identitystore-create-group-membership", "identity_store_groups", GROUP, "identitystore:CreateGroupMembership"),
]


def in_identity_center(holder: Row, dataset: str, thing: str, **more: Any) -> dict[str, bool]:
    """The paths open to the holder where Identity Center has one thing, and whether they are certain."""
    home = {"identity_center": [{"account_id": ONE}], "workloads": [workload(dataset, thing) | {"account_id": ONE}]}
    return {row["path_id"]: row["is_certain"] for row in escalations.rows(night(principals=[holder], **(home | more)))}


@pytest.mark.parametrize(("path", "dataset", "thing", "action"), IDENTITY_CENTER)
def test_identity_center_is_changed_from_few_accounts_and_only_where_it_has_something(
    path: str, dataset: str, thing: str, action: str
) -> None:
    holder = principal(APP, policy("own", document(allow(action))))
    assert in_identity_center(holder, dataset, thing) == {path: True}
    assert in_identity_center(holder, dataset, thing, identity_center=[]) == {}
    assert in_identity_center(holder, dataset, thing, workloads=[]) == {}
    unread = [{"account_id": ONE, "dataset": dataset, "reason": "the call failed"}]
    assert in_identity_center(holder, dataset, thing, workloads=[], unread=unread) == {path: False}


@pytest.mark.parametrize("action", ["sso:AttachManagedPolicyToPermissionSet", "sso:PutInlinePolicyToPermissionSet"])
def test_only_a_permission_set_that_it_may_change_counts(action: str) -> None:
    elsewhere = principal(APP, policy("own", document(allow(action, [INSTANCE, OTHER_SET]))))
    assert in_identity_center(elsewhere, "permission_set_assignments", SET) == {}
    spared = principal(APP, policy("own", document(allow(action), deny(action, SET))))
    assert in_identity_center(spared, "permission_set_assignments", SET) == {}


def test_what_brings_no_more_than_one_has_is_no_target() -> None:
    joins = paths("iam:AddUserToGroup", holder=arn("user/bob"), groups=[group(arn("group/empty"))])
    assert joins == []
    ann, equal = arn("user/ann"), {"permissions_sha256": "key of ann", "principal_arns": [arn("user/ann")]}
    for rights, is_open in ((READ, True), (policy("less", document(allow("iam:CreateAccessKey"))), False)):
        held = principal(ann, rights, permissions_sha256="key of ann")
        found = paths("iam:CreateAccessKey", users=[user(ann)], holders=[held], alike=[{"account_id": ONE} | equal])
        assert bool(found) is is_open
