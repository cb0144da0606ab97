"""What a trust policy says of each principal."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.facts import trusts
from pipeline.schema import Row

OWN, OTHER, OUTSIDER = "000000000000", "222222222222", "333333333333"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def allow(principal: Any, effect: Any = "Allow", **condition: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}


def facts(*statements: dict[str, Any]) -> list[Row]:
    """The facts of one trust policy."""
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return list(trusts.rows(queried(text)))


def queried(text: str) -> dict[str, list[Row]]:
    return {
        "trusts": [{"trust_sha256": "key", "partition": "aws", "own_account": OWN, "document": text}],
        "accounts": [{"account_id": "111111111111"}, {"account_id": OTHER}],
        "organization": [{"organization_id": "o-1"}],
    }


def root(account: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account}:root"}


@pytest.mark.parametrize(
    ("principal", "condition", "outside"),
    [
        (root(OUTSIDER), {}, [OUTSIDER]),
        (root(OTHER), {}, []),
        (root(OUTSIDER), {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, []),
        ("*", {}, ["*"]),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, []),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}}, ["*"]),
        ("*", {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-2/*"}}, ["*"]),
        ("*", {"StringEquals": {"aws:PrincipalAccount": [OTHER, OUTSIDER]}}, [OUTSIDER]),
        # Ten million accounts: nobody can name them.
        ("*", {"StringLike": {"aws:PrincipalAccount": "3333*"}}, ["*"]),
        ("*", {"StringLike": {"aws:userid": "AROAEXAMPLE1234567890:*"}}, []),
        ("*", {"StringEquals": {"aws:PrincipalIsAWSService": "true"}}, []),
        ("*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OUTSIDER}:role/*"}}, [OUTSIDER]),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ci"}}, ["*"]),
    ],
)
def test_accounts_outside_that_get_in(principal: Any, condition: dict[str, Any], outside: list[str]) -> None:
    assert facts(allow(principal, **condition))[0]["outside_accounts"] == outside


def test_a_deny_keeps_out_whom_it_names_only() -> None:
    both = {"AWS": [OUTSIDER, "444444444444"]}
    found = facts(allow(both), allow(root(OUTSIDER), "Deny"))
    assert [(one["principal"], one["outside_accounts"]) for one in found] == [
        (OUTSIDER, []),
        ("444444444444", ["444444444444"]),
    ]


def test_a_principal_is_named_by_itself_or_by_a_condition() -> None:
    arn = f"arn:aws:iam::{OUTSIDER}:user/ana"
    by_condition = allow(root(OUTSIDER), ArnEquals={"aws:PrincipalArn": arn})
    assert [one["names_principal"] for one in facts(allow({"AWS": arn}), by_condition)] == [True, True]
    assert not facts(allow(root(OUTSIDER)))[0]["names_principal"]


@pytest.mark.parametrize(
    ("statements", "admits", "without_mfa"),
    [
        ([allow(root(OWN))], True, True),
        ([allow(root(OWN), **MFA)], True, False),
        ([allow(root(OWN)), allow("*", "Deny", BoolIfExists={"aws:MultiFactorAuthPresent": "false"})], True, False),
        ([allow(root(OWN)), allow("*", "Deny", Bool={"aws:MultiFactorAuthPresent": "false"})], True, True),
        ([allow(root(OWN), ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"})], False, False),
        ([allow(root(OWN), ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{OWN}:user/ops/*"})], True, True),
        ([allow("*", StringEquals={"aws:PrincipalOrgID": "o-1"})], True, True),
        ([allow(root(OTHER))], False, False),
    ],
)
def test_users_that_get_in(statements: list[dict[str, Any]], admits: bool, without_mfa: bool) -> None:
    fact = facts(*statements)[0]
    assert (fact["admits_users"], fact["admits_users_without_mfa"]) == (admits, without_mfa)


@pytest.mark.parametrize(
    ("denied", "grade"),
    [
        ({"StringNotEquals": {"gitlab.com:sub": "project_id:7:ref_type:branch:ref:main"}}, "safe"),
        ({"StringNotLikeIfExists": {"GITLAB.com:sub": "project_path:*"}}, "dangerous"),
        ({"ForAnyValue:StringNotEquals": {"gitlab.com:sub": "project_id:7:ref_type:branch:ref:main"}}, "dangerous"),
        ({"StringEquals": {"gitlab.com:sub": "project_id:7:ref_type:branch:ref:main"}}, "dangerous"),
    ],
)
def test_a_deny_that_refuses_all_other_tokens_pins_the_claim(denied: dict[str, Any], grade: str) -> None:
    action = {"Action": "sts:AssumeRoleWithWebIdentity"}
    provider = {"Federated": f"arn:aws:iam::{OWN}:oidc-provider/gitlab.com"}
    audience = {"StringEquals": {"gitlab.com:aud": "https://gitlab.com"}}
    (found,) = facts(allow(provider, **audience) | action, allow("*", "Deny", **denied) | action)
    assert (found["oidc_grade"], found["pins_audience"]) == (grade, True)


def test_a_malformed_document_is_one_row_with_the_reason() -> None:
    (only,) = trusts.rows(queried("{"))
    assert only["malformed_reason"] == "document, document: expected JSON text"
    assert (only["trust_sha256"], only["kind"], only["lets_in"]) == ("key", None, None)


def test_a_row_for_each_principal() -> None:
    found = facts(allow("*"), allow({"AWS": [OTHER, OTHER]}), allow({"Service": "glue.amazonaws.com"}))
    assert trusts.TABLE.table(found).num_rows == 3
    assert [(row["statement_index"], row["kind"], row["relation"], row["lets_in"]) for row in found] == [
        (0, "everyone", "everyone", "yes"),
        (1, "account", "organization", "yes"),
        (2, "service", "service", "yes"),
    ]
    assert json.loads(found[2]["statement"])["Principal"] == {"Service": ["glue.amazonaws.com"]}


def test_what_a_statement_demands_is_kept() -> None:
    (row,) = facts(allow(root(OUTSIDER), StringEquals={"sts:ExternalId": "x"}, **MFA) | {"Sid": "Vendor"})
    assert (row["sid"], row["principal_account_id"], row["relation"]) == ("Vendor", OUTSIDER, "external")
    assert (row["pins_external_id"], row["pins_mfa"], row["pins_organization"]) == (True, True, False)
    assert row["condition_keys"] == ["aws:MultiFactorAuthPresent", "sts:ExternalId"]
