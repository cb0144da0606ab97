"""The derived tables on permissions: what is shared between principals, and what must not be."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import duckdb
import pytest

from pipeline.facts import documents as document_facts
from pipeline.facts import escalations, permissions, reach
from pipeline.facts import guardrails as guardrail_objectives
from pipeline.schema import Row
from pipeline.warehouse import models

ONE, TWO = "111111111111", "222222222222"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def trust(principal: str) -> str:
    return document({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"})


def arn(name: str, account: str = ONE) -> str:
    return f"arn:aws:iam::{account}:{name}"


def night(documents: dict[str, str], **more: list[Any]) -> dict[str, list[Any]]:
    """What the queries found; a document's key is its name here."""
    found: dict[str, list[Any]] = {
        "documents": list(documents.items()),
        "organization_documents": [],
        "levels": [],
        "night": [("o-example", "999999999999", date(2026, 11, 20))],
        "identity_center": [],
        "roles": [],
        "users": [],
        "groups": [],
    }
    return found | more


def held(principal: str, *names: str, boundary: str | None = None, scps: str | None = None) -> tuple[Any, ...]:
    policies = [{"name": name, "arn": "", "sha256": name} for name in names]
    account = principal.split(":")[4]
    boundary_arn = arn(f"policy/{boundary}", account) if boundary else None
    return (principal, policies, boundary_arn, boundary, boundary, scps, [], f"key of {principal}", account)


def facts(*names: str, **documents: str) -> Row:
    found = night(documents, principals=[held(arn("role/app"), *names)])
    return next(iter(permissions.rows(found)))


def test_an_administrator_is_told_with_the_statement() -> None:
    row = facts("all", all=document(allow("*")))
    assert (row["admin"], row["admin_level"]) == ("yes", "full")
    assert json.loads(row["admin_statements"])[0]["policy"] == "all"


def test_a_policy_that_cannot_be_read_is_named_and_makes_no_administrator() -> None:
    row = facts("odd", odd=document())
    assert row["admin"] == "depends"
    assert row["unreadable"] == ["odd: document, Statement: expected one statement or a list of at least one"]


def test_a_boundary_that_was_not_read_leaves_it_open() -> None:
    found = night({"all": document(allow("*"))}, principals=[held(arn("role/app"), "all", boundary="gone")])
    row = next(iter(permissions.rows(found)))
    assert row["admin"] == "depends"
    assert row["unreadable_limits"] == ["gone: the document could not be read"]


def test_scps_bind_only_where_the_type_is_switched_on() -> None:
    documents = {"all": document(allow("*"))}
    levels: list[Any] = [("key", "SERVICE_CONTROL_POLICY", [[]])]
    principals = [held(arn("role/app"), "all", scps="key")]
    on = next(iter(permissions.rows(night(documents, principals=principals, levels=levels))))
    off = next(iter(permissions.rows(night(documents, principals=principals))))
    assert (on["admin"], off["admin"]) == ("no", "yes")


def test_a_service_linked_role_has_no_way_up() -> None:
    role = arn("role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX")
    found = night({"iam": document(allow("iam:PutRolePolicy"))}, principals=[held(role, "iam")])
    assert not next(iter(permissions.rows(found)))["may_escalate"]


def test_a_path_needs_what_the_account_holds() -> None:
    documents = {"key": document(allow("iam:CreateAccessKey"))}
    principals = [held(arn("role/app"), "key")]
    alone = list(escalations.rows(night(documents, principals=principals)))
    beside = list(escalations.rows(night(documents, principals=principals, users=[(arn("user/ann"), "yes")])))
    assert alone == []
    assert [(row["path_id"], row["leads_to_admin"]) for row in beside] == [("iam-create-access-key", "yes")]


def test_permission_sets_are_changed_from_few_accounts() -> None:
    found = night({"sso": document(allow("sso:*"))}, principals=[held(arn("role/app"), "sso")])
    assert list(escalations.rows(found)) == []
    assert list(escalations.rows(found | {"identity_center": [(ONE,)]}))


def test_reach_crosses_accounts() -> None:
    documents = {"all": document(allow("*")), "assume": document(allow("sts:AssumeRole"))}
    target = arn("role/admin", TWO)
    found = night(
        documents,
        principals=[held(arn("user/ann"), "assume"), held(arn("user/bob"), "all"), held(target, "all")],
        roles=[(target, trust(arn("user/ann")), "yes", None, None)],
    )
    rows = {row["principal_arn"]: row for row in reach.rows(found)}
    assert [rows[one]["steps"] for one in (arn("user/ann"), arn("user/bob"), target)] == [1, 0, 0]
    assert json.loads(rows[arn("user/ann")]["via"]) == [{"how": "sts:AssumeRole", "target": target}]


def test_a_malformed_document_is_one_row() -> None:
    rows = list(document_facts.rows({"documents": [("odd", "{}"), ("fine", document(allow("s3:*")))]}))
    assert [(row["kind"], row["content_sha256"]) for row in rows if row["malformed_reason"]] == [("malformed", "odd")]
    assert "service_wildcard" in {row["kind"] for row in rows}


def guardrails(statement: dict[str, Any]) -> dict[tuple[str, str], Row]:
    documents = [("full", document(allow("*"))), ("guard", document(statement))]
    level = [{"name": name, "sha256": name} for name, _ in documents]
    accounts = [(account, "aws", ["r-root"], "SERVICE_CONTROL_POLICY", "key") for account in (ONE, TWO)]
    found = night({}, organization_documents=documents, accounts=accounts)
    found["levels"] = [("key", "SERVICE_CONTROL_POLICY", [level])]
    return {(row["account_id"], row["objective"]): row for row in guardrail_objectives.rows(found)}


def test_accounts_that_a_policy_names_are_judged_for_themselves() -> None:
    condition = {"StringEquals": {"aws:PrincipalAccount": ONE}}
    rows = guardrails({"Effect": "Deny", "Action": "organizations:*", "Resource": "*", "Condition": condition})
    assert [rows[account, "leave_organization"]["met"] for account in (ONE, TWO)] == ["yes", "no"]


def test_named_resources_are_told_with_the_own_account() -> None:
    actions = ["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"]
    trails = "arn:aws:cloudtrail:*:*:trail/main"
    rows = guardrails({"Effect": "Deny", "Action": [f"cloudtrail:{one}" for one in actions], "Resource": trails})
    row = rows[TWO, "cloudtrail_tamper"]
    assert (row["met"], row["only_for"]) == ("depends", [f"arn:aws:cloudtrail:*:{TWO}:trail/main"])


TABLES = """
    create table stg_users (account_id varchar, arn varchar, user_name varchar, permissions_boundary_arn varchar);
    create table stg_roles (account_id varchar, arn varchar, role_name varchar, permissions_boundary_arn varchar,
        is_service_linked boolean);
    create table int_grants (account_id varchar, principal_arn varchar, policy_name varchar, policy_arn varchar,
        document_sha256 varchar, via_group varchar);
    create table int_identity_documents (document_sha256 varchar, document varchar);
    create table stg_organization_policies (document_sha256 varchar, document varchar);
    create table stg_policies (account_id varchar, arn varchar, policy_name varchar, document_sha256 varchar,
        document varchar);
    create table int_control_levels (account_id varchar, policy_type varchar, levels_sha256 varchar,
        levels struct(name varchar, sha256 varchar)[][]);
"""


def groups(text: str, *names: tuple[str, str], scp: str = "", policy_arn: str | None = None) -> int:
    """How many groups int_permissions makes of the users (name, account), who all hold the document."""
    con = duckdb.connect()
    for statement in TABLES.split(";"):
        con.execute(statement)
    for name, account in names:
        user, own = arn(f"user/{name}", account), text.replace("OWN", account)
        sha256 = str(hash(own)) if text else None
        con.execute("insert into stg_users values (?, ?, ?, null)", [account, user, name])
        attached = f"{policy_arn}{name}" if policy_arn else None
        con.execute("insert into int_grants values (?, ?, 'p', ?, ?, null)", [account, user, attached, sha256])
        con.execute("insert into int_identity_documents select ?, ? where ? <> ''", [sha256, own, text])
        con.execute(
            "insert into int_control_levels values (?, 'SERVICE_CONTROL_POLICY', 'key', [[{name: 's', sha256: 's'}]])",
            [account],
        )
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


def test_policies_that_were_not_read_are_told_apart_by_arn() -> None:
    assert groups("", *PAIR, policy_arn="arn:aws:iam::aws:policy/") == 2
