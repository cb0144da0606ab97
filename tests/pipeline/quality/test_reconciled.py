"""Checks across datasets, and against the night before."""

from __future__ import annotations

import duckdb

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
