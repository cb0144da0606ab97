"""Steps to administrator, and that only principals that move are read."""

from __future__ import annotations

import json

import duckdb
import pytest

from pipeline.facts import reach
from pipeline.schema import Row
from tests.pipeline.facts.support import ONE, TWO, allow, arn, document, night, policy, principal, role, trust, workload

ALL, ASSUME = policy("all", document(allow("*"))), policy("assume", document(allow("sts:AssumeRole")))
ANN, BOB, ADMIN = arn("user/ann"), arn("user/bob"), arn("role/admin", TWO)


def reached(**queries: list[Row]) -> dict[str, Row]:
    return {row["principal_arn"]: row for row in reach.rows(night(**queries))}


def test_reach_crosses_accounts() -> None:
    people = [principal(ANN, ASSUME), principal(BOB, ALL), principal(ADMIN, ALL)]
    rows = reached(principals=people, roles=[role(ADMIN, trust(ANN))])
    assert [rows[one]["steps"] for one in (ANN, BOB, ADMIN)] == [1, 0, 0]
    assert [rows[one]["possible_steps"] for one in (ANN, BOB, ADMIN)] == [1, 0, 0]
    assert json.loads(rows[ANN]["via"]) == [{"how": "sts:AssumeRole", "target": ADMIN}]
    assert rows[ADMIN]["account_id"] == TWO


def test_a_trust_under_conditions_is_possible_only() -> None:
    asked = {"Effect": "Allow", "Principal": {"AWS": ANN}, "Action": "sts:AssumeRole"}
    address = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
    people = [principal(ANN, ASSUME), principal(ADMIN, ALL)]
    row = reached(principals=people, roles=[role(ADMIN, document(asked | address))])[ANN]
    assert (row["steps"], row["possible_steps"], row["conditions"]) == (None, 1, ["aws:SourceIp"])
    assert row["is_unread"] is False


def test_a_trust_that_was_not_read_is_possible_and_says_so() -> None:
    people = [principal(ANN, ASSUME), principal(arn("role/admin"), ALL)]
    row = reached(principals=people, roles=[role(arn("role/admin"), None)])[ANN]
    assert (row["steps"], row["possible_steps"], row["is_unread"]) == (None, 1, True)


def test_the_conditions_of_a_path_of_escalation_are_named() -> None:
    address = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    held = policy("own", document(allow("iam:PutUserPolicy", ANN, Condition=address)))
    row = reached(principals=[principal(ANN, held)])[ANN]
    assert (row["steps"], row["possible_steps"], row["conditions"]) == (None, 1, ["aws:SourceIp"])
    assert [hop["how"] for hop in json.loads(row["via"])] == ["iam-put-user-policy"]


def test_those_who_reach_nothing_have_no_row() -> None:
    assert reached(principals=[principal(ANN, ASSUME)], roles=[role(ADMIN, trust(ANN))]) == {}


@pytest.fixture
def tables() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("""
        create table int_principal_permissions (account_id varchar, principal_arn varchar, admin varchar,
            can_assume boolean, may_escalate boolean, keeper varchar, iam_writes varchar[] default []);
        create table stg_roles (account_id varchar, arn varchar, trust_document varchar);
        create table fact_trust_principals (document_sha256 varchar, principal_type varchar, principal varchar,
            effect varchar);
        create table int_grants (principal_arn varchar, document_sha256 varchar);
        create table int_identity_documents (document_sha256 varchar, document varchar);
        insert into stg_roles select '1', 'role/' || i, 'trust' from range(100) as numbers (i);
        insert into int_principal_permissions
        select '1', 'role/' || i, 'no', false, false, null, [] from range(100) as numbers (i);
    """)
    return con


def chosen(con: duckdb.DuckDBPyConnection) -> list[str]:
    return [arn for (arn,) in con.execute(f"select arn from {reach.ROLES} order by arn").fetchall()]


def test_no_role_is_read_where_no_principal_moves(tables: duckdb.DuckDBPyConnection) -> None:
    assert chosen(tables) == []


def test_a_role_that_moves_is_read(tables: duckdb.DuckDBPyConnection) -> None:
    for column, value in (("can_assume", "true"), ("admin", "'yes'"), ("admin", "'depends'")):
        tables.execute(f"update int_principal_permissions set {column} = {value} where principal_arn = 'role/7'")
        assert chosen(tables) == ["role/7"]
        tables.execute("update int_principal_permissions set can_assume = false, admin = 'no'")


def test_a_role_of_an_aws_service_does_not_move(tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute("update int_principal_permissions set can_assume = true, keeper = 'an AWS service'")
    assert chosen(tables) == []


def test_roles_that_could_be_taken_over_are_read(tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute("insert into int_principal_permissions values ('1', 'user/ann', 'no', false, true, null, [])")
    assert len(chosen(tables)) == 100 + 1
    writes = "update int_principal_permissions set may_escalate = false, iam_writes = ['iam:PutRolePolicy'] "
    tables.execute(f"{writes} where principal_arn = 'user/ann'")
    assert len(chosen(tables)) == 100 + 1
    tables.execute("update int_principal_permissions set account_id = '2' where principal_arn = 'user/ann'")
    assert chosen(tables) == ["user/ann"]


def test_a_role_that_a_trust_names_or_that_trusts_everybody_moves(tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute("insert into fact_trust_principals values ('x', 'aws', 'role/5', 'Allow')")
    assert chosen(tables) == ["role/5"]
    tables.execute("delete from fact_trust_principals")
    tables.execute("insert into fact_trust_principals values (sha256('trust'), 'any', '*', 'Deny')")
    assert chosen(tables) == []
    tables.execute("update fact_trust_principals set effect = 'Allow'")
    assert len(chosen(tables)) == 100


def test_whose_policies_look_at_tags_moves(tables: duckdb.DuckDBPyConnection) -> None:
    tables.execute("insert into int_grants values ('role/3', 'x'), ('role/4', 'y')")
    tables.execute("insert into int_identity_documents values ('x', 'AWS:principalTag/team'), ('y', 'aws:username')")
    assert chosen(tables) == ["role/3"]


def test_a_way_on_what_was_not_read_says_what() -> None:
    boss = arn("role/boss")
    people = [principal(ANN, policy("own", document(allow("lambda:UpdateFunctionCode")))), principal(boss, ALL)]
    who = {"Service": "lambda.amazonaws.com"}
    roles = [role(boss, document({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}))]
    function = workload("lambda_functions", f"arn:aws:lambda:us-east-1:{ONE}:function:f", boss)
    failed = {"account_id": ONE, "dataset": "lambda_functions", "reason": "lambda:ListFunctions failed in eu-west-1"}
    assert ANN not in reached(principals=people, roles=roles)
    found = reached(principals=people, roles=roles, workloads=[function])[ANN]
    assert (found["steps"], found["unread"]) == (1, [])
    unread = reached(principals=people, roles=roles, unread=[failed])[ANN]
    assert (unread["steps"], unread["possible_steps"], unread["is_unread"]) == (None, 1, True)
    assert unread["unread"] == ["lambda:ListFunctions failed in eu-west-1"]
