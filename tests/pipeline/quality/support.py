"""A small night whose checks all pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import duckdb

from pipeline.quality import plausible, reconciled, run
from pipeline.quality.run import QualityResult
from pipeline.schema import EXTRACTS, LEDGER, UNREAD, Column, Dataset, Row, account_column

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
    (
        account_column(),
        Column("user_name", "varchar", "User", references="users.user_name"),
        Column("uses", "bigint", "Uses"),
        Column("used_at", "timestamp", "Last use", needed_if="uses > 0"),
        Column("expires_at", "timestamp", "Expiry", is_to_come=True),
    ),
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
    (
        account_column(),
        Column("user_name", "varchar", "Name"),
        Column("arn", "varchar", "ARN"),
        Column("generated_at", "timestamp", "When"),
    ),
    key=("account_id", "user_name"),
)


DATASETS = {d.name: d for d in (ACCOUNTS, ROOTS, UNITS, USERS, KEYS, SUMMARY, REPORT, EXTRACTS, LEDGER, UNREAD)}


Tables = dict[str, list[Row]]


def user(name: str, account_id: str = ALPHA, **more: Any) -> Row:
    arn = f"arn:aws:iam::{account_id}:user/{name}"
    return {"account_id": account_id, "user_name": name, "arn": arn, "kind": "person", "tags": "{}"} | more


def key(account_id: str) -> Row:
    moments = {"used_at": datetime(2026, 11, 16, 8), "expires_at": datetime(2030, 1, 1)}
    return {"account_id": account_id, "user_name": "ada", "uses": 1} | moments


def night() -> Tables:
    """Two accounts in which everything is as it should be."""
    both = (ALPHA, BETA)
    read_at, generated_at = datetime(2026, 11, 17, 2), datetime(2026, 11, 16, 23)
    tables: Tables = {
        "accounts": [{"account_id": a, "state": "ACTIVE", "is_in_scope": True, "parent_id": "r-1"} for a in both],
        "organization_roots": [{"root_id": "r-1"}],
        "organizational_units": [{"ou_id": "ou-1", "parent_id": "r-1"}],
        "users": [user(name, account_id) for account_id in both for name in ("ada", "bob", "cyd")],
        "keys": [key(account_id) for account_id in both],
        "account_summary": [{"account_id": a, "metric": "Users", "value": 3} for a in both],
        "credential_report": [
            {"account_id": a, "user_name": "ada", "arn": user("ada", a)["arn"], "generated_at": generated_at}
            for a in both
        ],
        "unread_records": [],
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


def load(
    con: duckdb.DuckDBPyConnection, tables: Tables, before: Tables | None = None, filled: Sequence[Row] = ()
) -> None:
    """The tables that checks read."""
    for name, dataset in DATASETS.items():
        made = dataset.table(tables[name])  # noqa: F841 (the query reads it)
        con.execute(f"create or replace table raw_{name} as from made")
    earlier = EXTRACTS.table((before or {"extracts": []})["extracts"])  # noqa: F841
    con.execute(f"create or replace table {reconciled.PREVIOUS} as from earlier")
    con.execute(
        f"create or replace table {reconciled.RUN} as select ?::date as as_of, 80.0 as min_coverage_to_publish, "
        "24.0 as report_max_age_hours, as_of::timestamp as begins, as_of + interval 1 day as ends",
        [NIGHT],
    )
    con.execute(f"create or replace table {plausible.FILLED} (dataset varchar, name varchar, filled bigint)")
    for row in filled:
        con.execute(f"insert into {plausible.FILLED} values ($dataset, $name, $filled)", row)


def check(
    con: duckdb.DuckDBPyConnection, tables: Tables, before: Tables | None = None, filled: Sequence[Row] = ()
) -> dict[str, QualityResult]:
    """What does not hold, by dataset and name. `filled` are rows of the table of that name."""
    load(con, tables, before, filled)
    results = run.run(con, reconciled.checks(DATASETS.values()), DATASETS)
    return {f"{result.dataset}.{result.check_name}": result for result in results if not result.passed}


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
            tables["keys"].append(key(ALPHA) | {"user_name": "gone"})
        case "used before AWS began":
            tables["keys"][0]["used_at"] = datetime(1970, 1, 1)
        case "used later than the answer":
            tables["keys"][0]["used_at"] = datetime(2026, 11, 17, 3)
        case "uses negative":
            tables["keys"][0]["uses"] = -1
        case "used, but never":
            tables["keys"][0]["used_at"] = None
        case "kind unknown, and said":
            users[0]["kind"] = "robot"
            row = {column.name: "x" for column in UNREAD.columns}
            where = {"account_id": ALPHA, "dataset": "users", "resource": users[0]["arn"]}
            tables["unread_records"].append(row | where | {"error_class": "unknown_value"})
        case "answers of the day before":
            earlier = {"ledger": "data_time", "credential_report": "generated_at", "keys": "used_at"}
            for name, column in earlier.items():
                for dated in tables[name]:
                    dated[column] = datetime(2026, 11, 16, 2)
        case "failed in the ledger":
            tables["ledger"][0] |= {"status": "failed"}
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
