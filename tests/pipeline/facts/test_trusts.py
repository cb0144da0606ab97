"""What the tables of trust say of a policy, and that each content is judged once."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from pipeline.facts import known_vendors, trust_guards, trust_services, trusts
from pipeline.schema import Dataset, Row
from pipeline.warehouse import models

OWN, OTHER, OUTSIDER = "000000000000", "222222222222", "333333333333"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def allow(principal: Any, effect: str = "Allow", **condition: Any) -> dict[str, Any]:
    return {"Effect": effect, "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition}


def facts(*statements: dict[str, Any]) -> list[Row]:
    """The facts of one trust policy."""
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    found = {"trusts": [("key", "aws", OWN, text)], "accounts": [("111111111111",), (OTHER,)]}
    return list(trusts.rows({**found, "organization": [("o-1",)]}))


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
    found = {"trusts": [("key", "aws", OWN, "{")], "accounts": [], "organization": []}
    (only,) = trusts.rows(found)
    assert only["malformed_reason"] == "document, document: expected JSON text"


def test_rows_fit_their_tables() -> None:
    for module in (known_vendors, trust_services):
        made = module.TABLE.table(module.rows({}))
        assert made.num_rows == len(keys(module.TABLE, made.to_pylist())) > 0
    found = facts(allow("*"), allow({"AWS": [OTHER, OTHER]}), allow({"Service": "glue.amazonaws.com"}))
    assert trusts.TABLE.table(found).num_rows == len(keys(trusts.TABLE, found)) == 3


def keys(table: Dataset, found: list[Row]) -> set[tuple[Any, ...]]:
    return {tuple(one[name] for name in table.key) for one in found}


def test_vendors_are_named_and_told_from_services_of_aws() -> None:
    vendors = {one["account_id"]: one for one in known_vendors.rows({})}
    assert (vendors["464622532012"]["vendor"], vendors["464622532012"]["is_aws"]) == ("Datadog", False)
    assert vendors["386209384616"]["is_aws"]


def test_services_are_named_as_trust_policies_name_them_and_documented() -> None:
    for one in trust_services.rows({}):
        assert not one["service"].endswith((".com", ".cn"))
        assert one["page"].startswith("https://docs.aws.amazon.com/")


@pytest.mark.parametrize(
    ("document", "confines"),
    [
        ({"StringNotEqualsIfExists": {"aws:SourceOrgID": "o-1"}, "Null": {"aws:SourceAccount": "false"}}, "yes"),
        ({"StringNotEquals": {"aws:SourceOrgID": "o-1"}, "Null": {"aws:SourceOrgID": "false"}}, "no"),
        (
            {"StringNotEquals": {"aws:SourceAccount": "111111111111"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
            "depends",
        ),
        ({"StringNotEquals": {"aws:SourceOrgID": "o-1", "aws:ResourceTag/free": "yes"}}, "yes"),
        ({"StringNotEquals": {"aws:SourceOrgID": "o-1", "aws:ResourceTag/kept": "yes"}}, "no"),
        (None, "unread"),
    ],
)
def test_what_an_rcp_says_of_strangers(document: dict[str, Any] | None, confines: str) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*", "Condition": document}
    text = json.dumps({"Version": "2012-10-17", "Statement": deny}) if document else "{}"
    (found,) = trust_guards.rows(
        {
            "questions": [("q", "glue.amazonaws.com", "l", f"arn:aws:iam::{OWN}:role/any", '{"kept": "yes"}')],
            "levels": [("l", json.dumps([[], [{"name": "perimeter", "sha256": "d"}]]))],
            "documents": [("d", text)],
        }
    )
    assert found["confines"] == confines
    assert found["policy_name"] == (None if confines == "no" else "perimeter")


def test_one_key_for_trust_policies_that_differ_in_their_own_account_only() -> None:
    trusting = '{{"Principal":{{"AWS":"{}"}}}}'
    con = duckdb.connect()
    con.execute(
        "create table stg_roles (account_id varchar, role_name varchar, arn varchar, is_service_linked boolean, "
        "is_identity_center boolean, trust_document varchar)"
    )
    for account, named in ((OTHER, OTHER), (OUTSIDER, OUTSIDER), (OUTSIDER, OTHER), (OTHER, OWN), (OUTSIDER, OWN)):
        row = [account, "r", f"arn:aws:iam::{account}:role/r", trusting.format(named)]
        con.execute("insert into stg_roles values (?, ?, ?, false, false, ?)", row)
    query = f"select trust_sha256, own_account from ({models.load().models['int_role_trusts'].sql})"
    own, same, foreign, placeholder, apart = con.execute(query).fetchall()
    assert own == same
    assert len({own[0], foreign[0], placeholder[0], apart[0]}) == 4
    assert (placeholder[1], apart[1]) == (OTHER, OUTSIDER)
