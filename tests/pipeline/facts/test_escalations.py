"""Paths that the principal's account opens, and their rows."""

from __future__ import annotations

import json

from pipeline.facts import escalations
from pipeline.schema import Row
from tests.pipeline.facts.support import (
    ONE,
    TWO,
    allow,
    arn,
    document,
    group,
    night,
    policy,
    principal,
    role,
    trust,
    user,
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


def test_permission_sets_are_changed_from_few_accounts() -> None:
    assert paths("sso:*") == []
    assert paths("sso:*", identity_center=[{"account_id": ONE}])


def test_what_brings_no_more_than_one_has_is_no_target() -> None:
    joins = paths("iam:AddUserToGroup", holder=arn("user/bob"), groups=[group(arn("group/empty"))])
    assert joins == []
    ann, equal = arn("user/ann"), {"permissions_sha256": "key of ann", "principal_arns": [arn("user/ann")]}
    for rights, is_open in ((READ, True), (policy("less", document(allow("iam:CreateAccessKey"))), False)):
        held = principal(ann, rights, permissions_sha256="key of ann")
        found = paths("iam:CreateAccessKey", users=[user(ann)], holders=[held], alike=[{"account_id": ONE} | equal])
        assert bool(found) is is_open
