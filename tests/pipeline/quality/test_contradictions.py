"""What a check finds in an account costs that account, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import collectors, landing
from pipeline.night import Night
from pipeline.quality import contradictions, plausible, reconciled, run
from pipeline.quality.contradictions import ERROR_CLASS, Contradiction
from pipeline.quality.declared import ROW_COUNT, Check, rows_that_break
from pipeline.schema import EXTRACTS, QUALITY_RESULTS, Row
from pipeline.settings import Settings

ALPHA, BETA = "111111111111", "222222222222"
DATASETS = collectors.datasets()
WHOLE_TABLE = ("columns_and_types", "not_empty")
"""Checks that say nothing of a single row."""
UNIQUE_USERS = ("users", "key_unique")


def user(account_id: str, name: str) -> Row:
    arn = f"arn:aws:iam::{account_id}:user/{name}"
    row: Row = {column.name: None for column in DATASETS["users"].columns}
    return row | {"account_id": account_id, "user_name": name, "user_id": name, "arn": arn, "path": "/", "tags": "{}"}


def extract(account_id: str, dataset: str, rows: int, region: str = "global", **more: Any) -> Row:
    row: Row = dict.fromkeys(column.name for column in EXTRACTS.columns)
    where = {"account_id": account_id, "region": region, "dataset": dataset}
    return row | where | {"status": "ok", "rows": rows} | more


def account(account_id: str) -> Row:
    row: Row = {column.name: None for column in DATASETS["accounts"].columns}
    return row | {"account_id": account_id, "state": "ACTIVE", "is_in_scope": True, "is_management": False}


@pytest.fixture
def night(tmp_path: Path) -> Night:
    """Two accounts, one of which has a user twice."""
    made = Night(tmp_path, date(2026, 11, 20))
    made.landing_folder.mkdir(parents=True)
    landing.write(made, DATASETS["accounts"], [account(ALPHA), account(BETA)])
    landing.write(made, DATASETS["users"], [user(ALPHA, "ada"), user(ALPHA, "ada"), user(BETA, "bob")])
    core = [extract(a, name, 0) for a in (ALPHA, BETA) for name in reconciled.CORE if name != "users"]
    landing.write(made, EXTRACTS, [extract(ALPHA, "users", 2), extract(BETA, "users", 1), *core])
    return made


def validate(night: Night, floor: float) -> dict[tuple[str, str], run.QualityResult]:
    settings = Settings.model_construct(home=night.home, min_coverage_to_publish=floor, report_max_age_hours=24)
    return {r.key: r for r in run.validate(settings, night, {UNIQUE_USERS, reconciled.FLOOR})}


def status(night: Night) -> dict[str, str]:
    rows = landing.read(night, EXTRACTS).to_pylist()
    return {row["account_id"]: row["error_class"] or row["status"] for row in rows if row["dataset"] == "users"}


def test_an_account_whose_rows_break_a_check_is_not_read_and_the_night_goes_on(night: Night) -> None:
    results = validate(night, 50)
    assert not any(result.is_blocking for result in results.values())
    assert (results[UNIQUE_USERS].passed, results[UNIQUE_USERS].is_by_account) == (False, True)
    assert status(night) == {ALPHA: ERROR_CLASS, BETA: "ok"}
    assert [row["user_name"] for row in landing.read(night, DATASETS["users"]).to_pylist()] == ["bob"]
    (failed,) = [row for row in landing.read(night, EXTRACTS).to_pylist() if row["status"] == "failed"]
    assert (failed["rows"], failed["operation"]) == (0, DATASETS["users"].operations[-1])
    assert failed["message"].startswith("the answer contradicts itself: not so: Each account_id, arn occurs once")


def test_the_coverage_falls_and_the_floor_still_holds_a_night_back(night: Night) -> None:
    results = validate(night, 80)
    assert results[reconciled.FLOOR].is_blocking
    assert results[reconciled.FLOOR].sample[0]["accounts_read"] == 1


def test_checking_again_says_the_same(night: Night) -> None:
    validate(night, 50)
    first = landing.read(night, QUALITY_RESULTS).to_pylist(), landing.read(night, EXTRACTS).to_pylist()
    results = validate(night, 50)
    assert not any(result.is_blocking for result in results.values())
    assert (landing.read(night, QUALITY_RESULTS).to_pylist(), landing.read(night, EXTRACTS).to_pylist()) == first


@pytest.fixture(scope="module")
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    """Every raw table, without rows."""
    with duckdb.connect() as con:
        for name, dataset in DATASETS.items():
            made = dataset.table([])  # noqa: F841 (the query reads it)
            con.execute(f"create table raw_{name} as from made")
            if dataset.history_days:
                con.execute(f"alter table raw_{name} add column as_of date")
        con.execute(f"create table {reconciled.PREVIOUS} as from raw_extracts")
        con.execute(
            f"create table {reconciled.RUN} as select date '2026-11-20' as as_of, 80.0 as min_coverage_to_publish, "
            "24.0 as report_max_age_hours, timestamp '2026-11-20' as begins, timestamp '2026-11-21' as ends"
        )
        con.execute(f"create table {plausible.FILLED} (dataset varchar, name varchar, filled bigint)")
        yield con


BLOCKING = [
    check
    for check in reconciled.checks(DATASETS.values())
    if check.severity == "blocking"
    and DATASETS[check.dataset].scope != "organization"
    and not check.name.startswith(WHOLE_TABLE)
    and check.expectation != ROW_COUNT
]


@pytest.mark.parametrize("check", BLOCKING, ids=lambda check: ".".join(check.key))
def test_every_check_on_rows_of_accounts_names_the_account(empty: duckdb.DuckDBPyConnection, check: Check) -> None:
    query = rows_that_break(check, DATASETS[check.dataset])
    assert query
    names = [column[0] for column in empty.execute(query).description]
    assert "account_id" in names
    assert "region" in names or DATASETS[check.dataset].scope == "account"


def test_a_region_that_contradicts_itself_costs_that_region() -> None:
    about = Contradiction("analyzers", ALPHA, "eu-west-1", "why")
    rows = [extract(ALPHA, "analyzers", 1, region) for region in ("eu-west-1", "us-east-1")]
    found = list(contradictions.failed(rows, [about], DATASETS))
    assert [row["error_class"] for row in found] == [ERROR_CLASS, None]


def test_what_failed_before_keeps_its_reason_and_what_was_never_asked_gets_one() -> None:
    denied = extract(ALPHA, "roles", 0, status="failed", error_class="scp_deny")
    about = [Contradiction("roles", ALPHA, None, "why"), Contradiction("roles", BETA, None, "why")]
    found = list(contradictions.failed([denied], about, DATASETS))
    assert [(row["account_id"], row["error_class"]) for row in found] == [(ALPHA, "scp_deny"), (BETA, ERROR_CLASS)]


def test_rows_of_the_organization_hold_the_night_back(empty: duckdb.DuckDBPyConnection) -> None:
    (check,) = [c for c in reconciled.checks(DATASETS.values()) if c.key == ("accounts", "parent_id_in_organization")]
    row = account(ALPHA) | {"parent_id": "ou-gone"}
    made = DATASETS["accounts"].table([row])  # noqa: F841 (the query reads it)
    with duckdb.connect() as con:
        for name in ("organization_roots", "organizational_units"):
            con.register(f"raw_{name}", DATASETS[name].table([]))
        con.execute("create table raw_accounts as from made")
        assert contradictions.found(con, check, DATASETS) == ([], False)
