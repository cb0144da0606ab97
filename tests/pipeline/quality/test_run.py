"""Each kind of check finds what it is there to find, says so in a sentence, and finds nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline import collectors, landing
from pipeline.night import Night
from pipeline.quality import reconciled, run
from pipeline.quality.declared import no_rows
from pipeline.quality.run import QualityResult
from pipeline.schema import EXTRACTS, LEDGER, QUALITY_RESULTS, Column, Dataset, Row, account_column
from pipeline.settings import Refused, Settings

NIGHT, NIGHT_BEFORE = date(2026, 11, 17), date(2026, 11, 16)
ALPHA, BETA = "111111111111", "222222222222"

ACCOUNTS = Dataset(
    "accounts",
    "Accounts.",
    "organization",
    ("organizations:ListAccounts",),
    (
        account_column(),
        Column("state", "varchar", "State", required=True, values=("ACTIVE", "SUSPENDED")),
        Column("is_in_scope", "boolean", "In scope", required=True),
        Column("parent_id", "varchar", "Parent"),
    ),
    key=("account_id",),
    may_be_empty=False,
)
ROOTS = Dataset(
    "organization_roots", "R.", "organization", ("o:R",), (Column("root_id", "varchar", "Id"),), ("root_id",)
)
UNITS = Dataset(
    "organizational_units",
    "Units.",
    "organization",
    ("o:U",),
    (Column("ou_id", "varchar", "Id"), Column("parent_id", "varchar", "Parent")),
    ("ou_id",),
)
USERS = Dataset(
    "users",
    "Users.",
    "account",
    ("iam:ListUsers",),
    (
        account_column(),
        Column("user_name", "varchar", "Name", required=True),
        Column("arn", "varchar", "ARN", pattern=r"arn:aws:iam::\d{12}:user/.{1,64}"),
        Column("kind", "varchar", "Kind", values=("person", "machine")),
        Column("tags", "json", "Tags"),
    ),
    key=("account_id", "user_name"),
    may_be_empty=False,
)
KEYS = Dataset(
    "keys",
    "Keys.",
    "account",
    ("iam:ListKeys",),
    (account_column(), Column("user_name", "varchar", "User", references="users.user_name")),
    key=("account_id", "user_name"),
)
SUMMARY = Dataset(
    "account_summary",
    "Counts.",
    "account",
    ("iam:GetAccountSummary",),
    (account_column(), Column("metric", "varchar", "Metric"), Column("value", "bigint", "Count")),
    key=("account_id", "metric"),
)
REPORT = Dataset(
    "credential_report",
    "Report.",
    "account",
    ("iam:GetCredentialReport",),
    (account_column(), Column("user_name", "varchar", "Name"), Column("generated_at", "timestamp", "When")),
    key=("account_id", "user_name"),
)
DATASETS = {d.name: d for d in (ACCOUNTS, ROOTS, UNITS, USERS, KEYS, SUMMARY, REPORT, EXTRACTS, LEDGER)}
OF_ACCOUNT = ("users", "keys", "account_summary", "credential_report")

Tables = dict[str, list[Row]]


def user(name: str, account_id: str = ALPHA, **more: Any) -> Row:
    arn = f"arn:aws:iam::{account_id}:user/{name}"
    return {"account_id": account_id, "user_name": name, "arn": arn, "kind": "person", "tags": "{}"} | more


def night() -> Tables:
    """Two accounts in which everything is as it should be."""
    both = (ALPHA, BETA)
    read_at, generated_at = datetime(2026, 11, 17, 2), datetime(2026, 11, 16, 23)
    tables: Tables = {
        "accounts": [{"account_id": a, "state": "ACTIVE", "is_in_scope": True, "parent_id": "r-1"} for a in both],
        "organization_roots": [{"root_id": "r-1"}],
        "organizational_units": [{"ou_id": "ou-1", "parent_id": "r-1"}],
        "users": [user(name, account_id) for account_id in both for name in ("ada", "bob", "cyd")],
        "keys": [{"account_id": account_id, "user_name": "ada"} for account_id in both],
        "account_summary": [{"account_id": a, "metric": "Users", "value": 3} for a in both],
        "credential_report": [{"account_id": a, "user_name": "ada", "generated_at": generated_at} for a in both],
        "ledger": [
            dict.fromkeys((c.name for c in LEDGER.columns), 1)
            | {"account_id": a, "region": "global", "operation": "iam:ListUsers", "status": "ok", "data_time": read_at}
            | dict.fromkeys(("error_class", "error_code", "message"))
            for a in both
        ],
    }
    return tables | {"extracts": extracts(tables)}


def extracts(tables: Tables) -> list[Row]:
    """An extract for every dataset and account, as many rows as there are."""
    rows = []
    for dataset in DATASETS.values():
        if dataset.operations:
            for account_id in (ALPHA, BETA) if dataset.scope == "account" else (ALPHA,):
                of_account = [r for r in tables[dataset.name] if r.get("account_id") == account_id]
                count = len(of_account if dataset.scope == "account" else tables[dataset.name])
                rows.append(extract(dataset.name, account_id, count))
    return rows


def extract(dataset: str, account_id: str, rows: int, status: str = "ok") -> Row:
    row = {"account_id": account_id, "region": "global", "dataset": dataset, "status": status, "rows": rows}
    return dict.fromkeys(c.name for c in EXTRACTS.columns) | row


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        yield con


def check(con: duckdb.DuckDBPyConnection, tables: Tables, before: Tables | None = None) -> dict[str, QualityResult]:
    """What does not hold, by dataset and name."""
    for name, dataset in DATASETS.items():
        made = dataset.table(tables[name])  # noqa: F841 (the query reads it)
        con.execute(f"create or replace table raw_{name} as from made")
    earlier = EXTRACTS.table((before or {"extracts": []})["extracts"])  # noqa: F841
    con.execute(f"create or replace table {reconciled.PREVIOUS} as from earlier")
    con.execute(
        f"create or replace table {reconciled.RUN} as select ?::date as as_of, 80.0 as min_coverage_to_publish, "
        "24.0 as report_max_age_hours",
        [NIGHT],
    )
    results = run.run(con, reconciled.checks(DATASETS.values()), DATASETS)
    return {f"{result.dataset}.{result.check_name}": result for result in results if not result.passed}


def test_accounts_that_left_the_scope_are_said(con: duckdb.DuckDBPyConnection) -> None:
    before, tonight = night(), night()
    tonight["accounts"][1]["is_in_scope"] = False
    for name in OF_ACCOUNT:
        tonight[name] = [row for row in tonight[name] if row["account_id"] == ALPHA]
    tonight["extracts"] = [row for row in extracts(tonight) if row["account_id"] == ALPHA]
    (found,) = check(con, tonight, before).values()
    assert (found.check_name, found.severity, found.is_blocking) == ("scope_as_night_before", "warning", False)
    assert found.sample == ({"account_id": BETA, "state": "ACTIVE"},)


def spoil(tables: Tables, what: str) -> None:
    """Make one thing wrong; the extracts know of it unless they are what is wrong."""
    users, summary = tables["users"], tables["account_summary"]
    match what:
        case "key twice":
            users.append(user("ada"))
        case "name missing":
            users.append(user("x") | {"user_name": None})
        case "arn malformed":
            users[0]["arn"] = "arn:aws:iam::12:user/ada"
        case "kind unknown":
            users[0]["kind"] = "robot"
        case "tags not JSON":
            users[0]["tags"] = "{"
        case "key of nobody":
            tables["keys"].append({"account_id": ALPHA, "user_name": "gone"})
        case "no users":
            users.clear()
        case "one user less than counted":
            summary[0]["value"] = 4
        case "half the users are missing":
            summary[0]["value"] = 7
        case "parent unknown":
            tables["organizational_units"][0]["parent_id"] = "ou-9"
        case "report old":
            tables["credential_report"][0]["generated_at"] = datetime(2026, 11, 15)
    if what not in ("no users", "half the users are missing"):
        summary[0]["value"] += len(users) - 6
    tables["extracts"] = extracts(tables)
    match what:
        case "rows lost after the extract":
            tables["keys"].pop()
        case "account never called":
            tables["extracts"] = [e for e in tables["extracts"] if (e["dataset"], e["account_id"]) != ("keys", BETA)]
            tables["keys"] = [row for row in tables["keys"] if row["account_id"] == ALPHA]
        case "half the accounts unread":
            tables["users"] = [row for row in users if row["account_id"] == ALPHA]
            tables["extracts"] = [
                extract("users", BETA, 0, "failed") if (e["dataset"], e["account_id"]) == ("users", BETA) else e
                for e in tables["extracts"]
            ]


FINDS = {
    "key twice": {"users.key_unique"},
    "name missing": {"users.required_present"},
    "arn malformed": {"users.values_as_declared"},
    "kind unknown": {"users.values_as_declared"},
    "tags not JSON": {"users.values_as_declared"},
    "key of nobody": {"keys.user_name_found"},
    "no users": {
        "users.not_empty",
        "users.count_as_summarized",
        "users.count_not_short",
        "keys.user_name_found",
        "extracts.rows_like_night_before",
    },
    "one user less than counted": {"users.count_as_summarized"},
    "half the users are missing": {"users.count_as_summarized", "users.count_not_short"},
    "parent unknown": {"organizational_units.parent_id_in_organization"},
    "report old": {"credential_report.report_is_fresh"},
    "rows lost after the extract": {"extracts.rows_as_extracted"},
    "account never called": {"extracts.every_account_called"},
    "half the accounts unread": {"extracts.accounts_read_above_floor"},
}
WARNINGS = {
    "users.values_as_declared",
    "users.count_as_summarized",
    "credential_report.report_is_fresh",
    "extracts.rows_like_night_before",
}


def test_a_good_night_passes_every_check(con: duckdb.DuckDBPyConnection) -> None:
    assert check(con, night(), night()) == {}


@pytest.mark.parametrize("what", FINDS)
def test_what_is_wrong_is_found_and_nothing_else(con: duckdb.DuckDBPyConnection, what: str) -> None:
    tables = night()
    spoil(tables, what)
    failed = check(con, tables, night())
    assert failed.keys() == FINDS[what]
    for name, result in failed.items():
        assert result.severity == ("warning" if name in WARNINGS else "blocking")
        assert result.unexpected_count
        assert result.sample
        assert result.message.endswith(".")


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


def test_a_missing_column_is_found_and_what_cannot_be_computed_fails(con: duckdb.DuckDBPyConnection) -> None:
    check(con, night())
    con.execute("alter table raw_users rename kind to sort")
    results = run.run(con, reconciled.checks(DATASETS.values()), DATASETS)
    failed = {f"{r.dataset}.{r.check_name}": r for r in results if not r.passed}
    assert failed["users.columns_and_types"].sample == ({"name": "kind", "declared": "VARCHAR", "found": None},)
    assert failed["users.values_as_declared"].unexpected_count is None
    assert "could not be computed" in failed["users.values_as_declared"].message


def test_results_do_not_depend_on_the_order_of_rows(con: duckdb.DuckDBPyConnection) -> None:
    tables = night()
    tables["users"] += [user(f"u{n}", kind="robot") for n in range(40)]
    first = check(con, tables)["users.values_as_declared"]
    tables["users"].reverse()
    assert check(con, tables)["users.values_as_declared"] == first
    assert first.unexpected_count == 40
    assert len(first.sample) == run.SAMPLE_ROWS


def test_braces_and_colons_reach_the_database_as_they_are(con: duckdb.DuckDBPyConnection) -> None:
    check(con, night())
    query = "select 'a:b{2}(?:c)%:d' as text, regexp_full_match('aa:b', 'a{2}(?::b)') as matches from $table limit 1"
    (result,) = run.run(con, [no_rows("users", "odd", "warning", "Odd", query)], DATASETS)
    assert result.sample == ({"text": "a:b{2}(?:c)%:d", "matches": True},)


def test_declared_checks_have_unique_names_and_known_datasets() -> None:
    datasets = collectors.datasets()
    found = reconciled.checks(datasets.values())
    assert len({one.key for one in found}) == len(found)
    assert {one.dataset for one in found} == datasets.keys() - {QUALITY_RESULTS.name}
    assert all(one.description and one.name.isidentifier() for one in found)


def test_a_reference_to_nowhere_is_an_error_of_the_declaration() -> None:
    wrong = replace(KEYS, columns=(account_column(), Column("user_name", "varchar", "User", references="users.nick")))
    with pytest.raises(TypeError, match=r"keys.user_name: references users.nick, which no dataset declares"):
        reconciled.checks([USERS, wrong])


def test_part_of_the_checks_leaves_the_other_results(tmp_path: Path) -> None:
    settings = Settings.model_construct(home=tmp_path)
    night = Night(tmp_path, NIGHT)
    night.landing_folder.mkdir(parents=True)
    everything = run.validate(settings, night)
    one = everything[0].key
    assert [result.key for result in run.validate(settings, night, {one})] == [one]
    landed = landing.read(night, QUALITY_RESULTS).to_pylist()
    assert [(row["dataset"], row["check_name"]) for row in landed] == [result.key for result in everything]
    assert all(json.loads(row["sample"]) is not None for row in landed)


def test_a_night_that_has_not_landed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="nothing has landed for 2026-11-17"):
        run.validate(Settings.model_construct(home=tmp_path), Night(tmp_path, NIGHT))
