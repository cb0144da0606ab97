"""int_permissions: which principals share a key, and which must not."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import pytest

from pipeline.warehouse import models

ONE, TWO = "111111111111", "222222222222"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def arn(name: str, account: str = ONE) -> str:
    return f"arn:aws:iam::{account}:{name}"


TABLES = """
    create table stg_users (account_id varchar, arn varchar, user_name varchar, permissions_boundary_arn varchar,
        tags json);
    create table stg_roles (account_id varchar, arn varchar, role_name varchar, permissions_boundary_arn varchar,
        is_service_linked boolean, tags json, trust_document_sha256 varchar);
    create table int_accounts (account_id varchar, ou_ids varchar[]);
    create table fact_trust_principals (document_sha256 varchar, malformed_reason varchar, tags_sessions boolean);
    create table int_grants (account_id varchar, principal_arn varchar, policy_name varchar, policy_arn varchar,
        document_sha256 varchar, via_group varchar);
    create table int_identity_documents (document_sha256 varchar, document varchar);
    create table stg_organization_policies (document_sha256 varchar, document varchar);
    create table stg_policies (account_id varchar, arn varchar, policy_name varchar, document_sha256 varchar,
        document varchar);
    create table int_control_levels (account_id varchar, policy_type varchar, levels_sha256 varchar,
        levels struct(name varchar, sha256 varchar)[][]);
"""


def groups(text: str, *names: tuple[str, str], scp: str = "", policy_arn: str | None = None, tags: str = "{}") -> int:
    """How many groups int_permissions makes of the users (name, account), who all hold the document."""
    con = duckdb.connect()
    for statement in TABLES.split(";"):
        con.execute(statement)
    for name, account in names:
        user, own = arn(f"user/{name}", account), text.replace("OWN", account)
        sha256 = str(hash(own)) if text else None
        con.execute(
            "insert into stg_users values (?, ?, ?, null, ?)", [account, user, name, tags.replace("NAME", name)]
        )
        attached = f"{policy_arn}{name}" if policy_arn else None
        con.execute("insert into int_grants values (?, ?, 'p', ?, ?, null)", [account, user, attached, sha256])
        con.execute("insert into int_identity_documents select ?, ? where ? <> ''", [sha256, own, text])
        con.execute(
            "insert into int_control_levels values (?, 'SERVICE_CONTROL_POLICY', 'key', [[{name: 's', sha256: 's'}]])",
            [account],
        )
    con.execute(f"insert into int_accounts values ('{ONE}', ['r', 'ou-1']), ('{TWO}', ['r', 'ou-2'])")
    con.execute("create or replace table int_identity_documents as select distinct * from int_identity_documents")
    con.execute("create or replace table int_control_levels as select distinct * from int_control_levels")
    con.execute("insert into stg_organization_policies values ('s', ?)", [scp])
    sql = models.load().models["int_permissions"].sql
    found = con.execute(f"select count(*), count(distinct permissions_sha256) from ({sql})").fetchone()
    assert found
    assert found[0] == len(names)
    return int(found[1])


PAIR = (("ann", ONE), ("bob", ONE))


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        (document(allow("s3:*")), (("ann", ONE), ("bob", TWO)), 1),
        (document(allow("s3:*", "arn:aws:sqs:*:OWN:q")), (("ann", ONE), ("bob", TWO)), 1),
        (document(allow("s3:*", f"arn:aws:sqs:*:{ONE}:q")), (("ann", ONE), ("bob", TWO)), 2),
        (document(allow("iam:*", "arn:aws:iam::OWN:user/ann")), PAIR, 2),
        (document(allow("iam:*", "arn:aws:iam::*:user/a*")), PAIR, 2),
        (document(allow("iam:*", "arn:aws:iam::*:user/*")), PAIR, 1),
        (document(allow("iam:*", "arn:aws:iam::*:user/${aws:username}")), PAIR, 1),
        (document(allow("iam:*") | {"Condition": {"StringEquals": {"aws:username": "ann"}}}), PAIR, 2),
        (document(allow("iam:*") | {"Condition": {"StringLike": {"aws:PrincipalArn": "*/ann"}}}), PAIR, 2),
    ],
)
def test_who_shares_a_group(text: str, names: tuple[tuple[str, str], ...], expected: int) -> None:
    assert groups(text, *names) == expected


def test_an_scp_that_spares_one_tells_it_from_its_equals() -> None:
    def sparing(pattern: str) -> str:
        condition = {"ArnNotLike": {"aws:PrincipalArn": pattern}}
        return document({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition})

    everything = document(allow("*"))
    assert groups(everything, *PAIR, scp=sparing("arn:aws:iam::*:user/ann")) == 2
    assert groups(everything, *PAIR, scp=sparing("arn:aws:iam::*:user/*")) == 1


def denying(operator: str, key: str, value: str) -> str:
    return document({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {key: value}}})


@pytest.mark.parametrize(
    ("scp", "expected"),
    [
        (denying("StringNotEquals", "aws:PrincipalAccount", ONE), 2),
        (denying("StringLike", "aws:ResourceAccount", "11*"), 2),
        (denying("StringNotEquals", "aws:PrincipalAccount", "333333333333"), 1),
        (denying("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ONE}:*"), 2),
        (denying("StringLike", "aws:PrincipalArn", f"arn:aws:sts::{ONE}:assumed-role/*"), 2),
        (document({"Effect": "Deny", "Action": "*", "Resource": f"arn:aws:iam::{ONE}:role/*"}), 2),
        (document({"Effect": "Deny", "Action": "*", "Resource": f"arn:aws:iam::{ONE[:4]}*:role/*"}), 2),
        (document({"Effect": "Deny", "NotAction": "*", "Resource": "arn:aws:s3:::bucket-1*"}), 1),
        (denying("StringEquals", "aws:PrincipalOrgID", "o-example"), 1),
    ],
)
def test_an_scp_on_accounts_tells_them_apart(scp: str, expected: int) -> None:
    assert groups(document(allow("*")), ("ann", ONE), ("ann", TWO), scp=scp) == expected


@pytest.mark.parametrize(
    ("scp", "expected"),
    [
        (denying("StringEquals", "aws:username", "ann"), 2),
        (denying("StringEqualsIgnoreCase", "aws:PrincipalArn", arn("user/ANN")), 2),
        (denying("ArnLike", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:user/ann"), 2),
        (denying("ArnLike", "aws:PrincipalArn", "arn:aws:iam::${aws:PrincipalAccount}:user/*"), 1),
        (denying("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:user/${aws:PrincipalTag/name}"), 2),
        (denying("ArnLike", "aws:PrincipalArn", r"arn:aws:iam::*:user/\u0061nn").replace("\\\\u", "\\u"), 2),
    ],
)
def test_an_scp_on_names_tells_principals_apart(scp: str, expected: int) -> None:
    assert groups(document(allow("*")), *PAIR, scp=scp) == expected


def test_policies_that_were_not_read_are_told_apart_by_arn() -> None:
    assert groups("", *PAIR, policy_arn="arn:aws:iam::aws:policy/") == 2


def test_the_tags_that_a_document_speaks_of_tell_principals_apart() -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/Team": "red"}}
    on_tags = document(allow("s3:*") | {"Condition": condition})
    by_variable = document(allow("s3:*", "arn:aws:s3:::${aws:PrincipalTag/team, 'none'}/*"))
    for spoken in (on_tags, by_variable):
        assert groups(spoken, *PAIR, tags='{"team": "NAME"}') == 2
        assert groups(spoken, *PAIR, tags='{"owner": "NAME", "team": "red"}') == 1
    assert groups(document(allow("s3:*")), *PAIR, tags='{"team": "NAME"}') == 1
    assert groups(document(allow("*")), *PAIR, tags='{"team": "NAME"}', scp=on_tags) == 2


def test_a_document_on_the_path_of_the_organization_tells_accounts_of_two_units_apart() -> None:
    condition = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-example/r/ou-1/*"}}
    two = (("ann", ONE), ("ann", TWO))
    assert groups(document(allow("s3:*") | {"Condition": condition}), *two) == 2
    assert groups(document(allow("s3:*")), *two) == 1
