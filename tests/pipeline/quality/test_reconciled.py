"""Checks across datasets, and against the night before."""

from __future__ import annotations

import duckdb

from pipeline.raw import OLDER_LANDING
from tests.pipeline.quality.support import (
    ALPHA,
    BETA,
    check,
    extracts,
    night,
    spoil,
)

OF_ACCOUNT = ("users", "keys", "account_summary", "credential_report")


def test_accounts_that_left_the_scope_are_said(con: duckdb.DuckDBPyConnection) -> None:
    before, tonight = night(), night()
    tonight["accounts"][1]["is_in_scope"] = False
    for name in OF_ACCOUNT:
        tonight[name] = [row for row in tonight[name] if row["account_id"] == ALPHA]
    tonight["extracts"] = [row for row in extracts(tonight) if row["account_id"] == ALPHA]
    (found,) = check(con, tonight, before).values()
    assert (found.check_name, found.severity, found.is_blocking) == ("scope_as_night_before", "warning", False)
    assert found.sample == ({"account_id": BETA, "state": "ACTIVE"},)


def test_rows_that_went_missing_since_the_night_before_are_a_warning(con: duckdb.DuckDBPyConnection) -> None:
    tables, before = night(), night()
    for row in before["extracts"]:
        row["rows"] *= 3
    (failed,) = check(con, tables, before).values()
    assert (failed.check_name, failed.severity) == ("rows_like_night_before", "warning")
    assert {row["dataset"] for row in failed.sample} >= {"users", "keys"}


def test_an_account_unread_tonight_is_not_missed_rows(con: duckdb.DuckDBPyConnection) -> None:
    tables = night()
    spoil(tables, "half the accounts unread")
    assert "extracts.rows_like_night_before" not in check(con, tables, night())


def test_what_an_earlier_version_landed_without_a_column_holds_no_night_back(con: duckdb.DuckDBPyConnection) -> None:
    tables = night()
    spoil(tables, "half the accounts unread")
    for row in tables["extracts"]:
        if row["status"] == "failed":
            row["error_class"] = OLDER_LANDING
    assert check(con, tables, night()) == {}


def test_records_that_could_not_be_read_are_counted_with_those_that_could(con: duckdb.DuckDBPyConnection) -> None:
    tables = night()
    odd = [row for row in tables["users"] if row["account_id"] == ALPHA]
    tables["users"] = [row for row in tables["users"] if row not in odd]
    tables["keys"] = [row for row in tables["keys"] if row["account_id"] != ALPHA]
    why = {"region": "global", "dataset": "users", "operation": "iam:ListUsers", "error_class": "truncated"}
    more = {"error_code": None, "message": "it lacks Path"}
    tables["unread_records"] = [{"account_id": ALPHA, "resource": row["arn"], **why, **more} for row in odd]
    tables["extracts"] = extracts(tables)
    assert "users.count_not_short" not in check(con, tables)
    tables["unread_records"] = []
    assert "users.count_not_short" in check(con, tables)
