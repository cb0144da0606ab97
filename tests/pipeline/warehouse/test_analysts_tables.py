"""Tables for analysts: flat findings, requirements of frameworks, assignments, words that sort by meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from pipeline.night import DATABASE
from pipeline.warehouse import contracts, models
from tests.pipeline.explain import explained


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(explained.home(tmp_path_factory) / DATABASE, read_only=True) as con:
        yield con


def all_of(con: duckdb.DuckDBPyConnection, query: str, *values: Any) -> list[tuple[Any, ...]]:
    return con.execute(query, list(values)).fetchall()


def test_flat_findings_are_the_findings_each_once(con: duckdb.DuckDBPyConnection) -> None:
    key = "control_id, account_id, region, resource, verdict, reason"
    assert all_of(con, f"select {key} from findings_flat order by all") == all_of(
        con, f"select {key} from findings order by all"
    )
    lacking = "title is null or severity is null or account_name is null or resource_type is null"
    assert all_of(con, f"select count(*) from findings_flat where {lacking}") == [(0,)]
    opened = "(verdict = 'fail') <> (opened is not null) or (verdict = 'fail') <> (age_days is not null)"
    assert all_of(con, f"select count(*) from findings_flat where {opened}") == [(0,)]


def test_kinds_of_resources(con: duckdb.DuckDBPyConnection) -> None:
    kinds = dict(all_of(con, "select distinct resource, resource_type from findings_flat"))
    found = {arn.split(":", 5)[-1].split("/")[0]: kind for arn, kind in kinds.items() if "accesskey" not in arn}
    assert found.items() >= {("role", "iam:role"), ("account", "organizations:account")}
    assert {kind for arn, kind in kinds.items() if "/accesskey/" in arn} == {"iam:accesskey"}


@pytest.mark.parametrize(
    ("table", "column", "macro"),
    [
        ("controls", "severity", "as_severity"),
        ("findings_flat", "severity", "as_severity"),
        ("findings", "verdict", "as_verdict"),
        ("findings_flat", "verdict", "as_verdict"),
        ("finding_history", "verdict", "as_verdict"),
        ("finding_changes", "previous_verdict", "as_verdict"),
        ("change_counts", "severity", "as_severity"),
        ("guardrails", "verdict", "as_verdict"),
        ("repairs", "severity", "as_severity"),
        ("principal_escalations", "severity", "as_severity"),
        ("scores_by_requirement", "severity", "as_severity"),
    ],
)
def test_words_sort_by_what_they_mean(con: duckdb.DuckDBPyConnection, table: str, column: str, macro: str) -> None:
    words = contracts.ORDERED[macro]
    query = "select data_type from duckdb_columns() where schema_name = 'main' and (table_name, column_name) = (?, ?)"
    ((kind,),) = all_of(con, query, table, column)
    assert kind == f"ENUM({', '.join(repr(word) for word in words)})"
    found = [word for (word,) in all_of(con, f"select distinct {column} from {table} order by 1") if word]
    assert found == [word for word in words if word in found]


def test_every_verdict_and_severity_of_a_finding_is_one_that_sorts(con: duckdb.DuckDBPyConnection) -> None:
    """No column of that name was forgotten: others mean something else by it."""
    others = {"principal_escalations.verdict", "quality_results.severity"}
    query = """
        select table_name || '.' || column_name from duckdb_columns()
        where schema_name = 'main' and column_name in ('verdict', 'previous_verdict', 'severity')
            and not starts_with(data_type, 'ENUM')"""
    assert {name for (name,) in all_of(con, query)} == others


def test_requirements_are_counted_from_the_controls_that_answer_for_them(con: duckdb.DuckDBPyConnection) -> None:
    query = """
        select requirement, place, controls, fail, "unknown", accounts, accounts_met, accounts_not_met, coverage
        from scores_by_requirement where framework = 'cis_aws_7' order by place"""
    rows = all_of(con, query)
    numbers = [[int(part) for part in row[0].split(".")] for row in rows]
    assert numbers == sorted(numbers)
    assert [row[1] for row in rows] == list(range(1, len(rows) + 1))
    named = "select distinct framework, requirement from control_frameworks order by all"
    assert all_of(con, "select framework, requirement from scores_by_requirement order by all") == all_of(con, named)
    for requirement, _, controls, fail, unknown, accounts, met, not_met, coverage in rows:
        counted = """
            select count(*) filter (verdict = 'fail'), count(*) filter (verdict = 'unknown'),
                count(distinct account_id), count(distinct account_id) filter (verdict = 'fail')
            from findings where list_contains(?, control_id)"""
        assert all_of(con, counted, controls) == [(fail, unknown, accounts, not_met)], requirement
        meeting = """
            select account_id from findings where list_contains(?, control_id) group by account_id
            having bool_and(verdict not in ('fail', 'unknown', 'manual')) and bool_or(verdict <> 'not_applicable')"""
        assert len(all_of(con, meeting, controls)) == met, requirement
        assert 0 <= coverage <= 100


@pytest.mark.parametrize(
    ("table", "source"),
    [("assignments", "int_permission_set_assignments"), ("attachments", "stg_policy_attachments")],
)
def test_assignments_and_attachments_have_every_row_and_column_of_their_source(
    con: duckdb.DuckDBPyConnection, table: str, source: str
) -> None:
    columns = all_of(con, "select column_name, data_type from duckdb_columns() where table_name = ?", source)
    with duckdb.connect() as made:
        made.execute(f"create table {source} ({', '.join(f'{name} {kind}' for name, kind in columns)})")
        for number in (2, 1):
            kinds = [
                ["u"] if kind.endswith("[]") else number == 1 if kind == "BOOLEAN" else f"{number}"
                for _, kind in columns
            ]
            made.execute(f"insert into {source} values ({', '.join('?' * len(columns))})", kinds)
        names = ", ".join(name for name, _ in columns)
        found = all_of(made, f"select {names} from ({models.load().models[table].sql})")
        assert found == all_of(made, f"select {names} from {source} order by all")
