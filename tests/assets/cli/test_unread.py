"""Which accounts turn the exit code of a night to 1: those with a gap that no live entry of the register accepts."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from rich.console import Console

from assets.cli import run
from assets.cli.runner import Done
from pipeline import collectors, landing, raw
from pipeline.collect.unread import unread_accounts
from pipeline.collectors.organization_tree import ACCOUNTS
from pipeline.night import Night
from pipeline.schema import EXTRACTS, REGISTER, Dataset, Row
from pipeline.warehouse import models

ALPHA, BETA, GAMMA, CLOSED = (f"{n}" * 12 for n in "1234")
LAST_DAY = date(2026, 11, 20)


def row(of: Dataset, /, **values: Any) -> Row:
    return dict.fromkeys(column.name for column in of.columns) | values


def failed(account_id: str, dataset: str, operation: str) -> Row:
    of = {"account_id": account_id, "dataset": dataset, "operation": operation, "region": "global"}
    return row(EXTRACTS, **of, status="failed", rows=0)


def gap(number: int, expires_on: date = LAST_DAY, **limits: str) -> Row:
    return row(REGISTER, entry=f"accepted_gaps[{number}]", kind="accepted_gap", expires_on=expires_on, **limits)


EXTRACTED = [
    failed(ALPHA, "users", "sts:AssumeRole"),
    failed(ALPHA, "roles", "sts:AssumeRole"),
    failed(BETA, "users", "iam:ListUsers"),
    failed(BETA, "buckets", "s3:ListBuckets"),
    failed(CLOSED, "users", "sts:AssumeRole"),
    row(EXTRACTS, account_id=GAMMA, dataset="users", region="global", status="ok", rows=3),
]
CASES: dict[str, tuple[list[Row], tuple[int, int]]] = {
    "no entry": ([], (2, 0)),
    "an account": ([gap(1, account_id=ALPHA)], (1, 1)),
    "its last day was yesterday": ([gap(1, date(2026, 11, 19), account_id=ALPHA)], (2, 0)),
    "half of what an account lacks": ([gap(1, account_id=BETA, dataset="users")], (2, 0)),
    "both halves": ([gap(1, account_id=BETA, dataset="users"), gap(2, operation="s3:ListBuckets")], (1, 1)),
    "another operation": ([gap(1, account_id=BETA, operation="sts:AssumeRole")], (2, 0)),
    "an operation everywhere, and an account": ([gap(1, operation="sts:AssumeRole"), gap(2, account_id=BETA)], (0, 2)),
    "an exception": ([row(REGISTER, entry="e", kind="exception", account_id=ALPHA, expires_on=LAST_DAY)], (2, 0)),
}


def land_some(night: Night) -> None:
    """Land a night of which two accounts in scope lack something."""
    night.landing_folder.mkdir(parents=True)
    roll = {ALPHA: "ACTIVE", BETA: "ACTIVE", GAMMA: "ACTIVE", CLOSED: "SUSPENDED"}
    landing.write(night, ACCOUNTS, [row(ACCOUNTS, account_id=a, state=s, is_in_scope=True) for a, s in roll.items()])
    landing.write(night, EXTRACTS, EXTRACTED)


@pytest.fixture
def night(tmp_path: Path) -> Night:
    made = Night(tmp_path, LAST_DAY)
    land_some(made)
    return made


@pytest.mark.parametrize("case", CASES)
def test_an_account_counts_unless_all_its_gaps_are_accepted(night: Night, case: str) -> None:
    entries, expected = CASES[case]
    landing.write(night, REGISTER, entries)
    assert unread_accounts(night) == expected
    said = coverage(night)
    accepted = {account for account, entry in said if entry} - {account for account, entry in said if not entry}
    assert len(accepted - {CLOSED}) == expected[1]


def coverage(night: Night) -> set[tuple[str, str | None]]:
    """Account and accepting entry of each failed dataset, as analysts see them: the gap is shown, and stays failed."""
    with duckdb.connect() as con:
        raw.attach(con, night, collectors.datasets().values())
        con.execute("set variable as_of = ?", [night.as_of])
        con.execute("create table control_needs (control_id varchar, dataset varchar)")
        con.execute("create table control_catalog (control_id varchar)")
        rows = con.execute(f"select * from ({models.load().models['coverage'].sql})")
        names = [name for name, *_ in rows.description or ()]
        found = [dict(zip(names, values, strict=True)) for values in rows.fetchall()]
    lacking = [each for each in found if each["status"] == "failed"]
    assert len(lacking) == sum(extract["status"] == "failed" for extract in EXTRACTED)
    assert all(each["accepted_by"] is None for each in found if each["status"] == "ok")
    return {(each["account_id"], each["accepted_by"]) for each in lacking}


@pytest.mark.parametrize(("unread", "accepted", "code"), [(0, 0, 0), (0, 2, 0), (1, 0, 1), (3, 2, 1)])
def test_the_exit_code_and_what_is_said(
    night: Night, capsys: pytest.CaptureFixture[str], unread: int, accepted: int, code: int
) -> None:
    done = Done(night, Path("index.html"), Path("rolecall.duckdb"), unread, accepted)
    assert run.ended(Console(), done) == code
    said = capsys.readouterr().out
    assert (f"{unread} accounts could not be read" in said) == bool(unread)
    assert (f"{accepted} accounts have only gaps that the register accepts" in said) == bool(accepted)
