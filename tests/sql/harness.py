"""Rows in, verdicts out: build one control over the rows of a case, exactly as a night would."""

from __future__ import annotations

import itertools
import json
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline import collectors
from pipeline.night import Night
from pipeline.schema import Dataset, Row
from pipeline.settings import ControlSettings, Settings
from pipeline.warehouse import build, history
from pipeline.warehouse import models as catalog
from pipeline.warehouse.models import BUILT_FIRST, Catalog, Model, control_results

JUDGING = ("control_results", "judgements")
"""What is made of a control's rows before a case looks at them."""
CASES = Path(__file__).parent / "cases"
MANAGEMENT, MEMBER, ROOT = "999999999999", "111111111111", "r-root"
AS_OF = date(2026, 11, 20)
NULL = "<null>"
"""In a row of a case: null, where a default would stand otherwise. TOML has no word for it."""


def account(account_id: str, **more: Any) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "arn": f"arn:aws:organizations::{MANAGEMENT}:account/o-example/{account_id}",
        "name": f"account-{account_id}",
        "email": f"{account_id}@example.com",
        "state": "ACTIVE",
        "parent_id": ROOT,
        "is_management": account_id == MANAGEMENT,
        "is_in_scope": True,
        "tags": "{}",
    } | more


DEFAULTS: dict[str, list[dict[str, Any]]] = {
    "organization": [
        {
            "organization_id": "o-example",
            "arn": f"arn:aws:organizations::{MANAGEMENT}:organization/o-example",
            "feature_set": "ALL",
            "management_account_id": MANAGEMENT,
            "management_account_arn": account(MANAGEMENT)["arn"],
        }
    ],
    "organization_roots": [
        {
            "root_id": ROOT,
            "arn": f"arn:aws:organizations::{MANAGEMENT}:root/o-example/{ROOT}",
            "name": "Root",
            "enabled_policy_types": ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"],
        }
    ],
    "accounts": [account(MANAGEMENT), account(MEMBER)],
}


@dataclass(frozen=True)
class Case:
    control_id: str
    name: str
    as_of: date
    rows: dict[str, list[dict[str, Any]]]
    settings: dict[str, Any]
    unread: list[dict[str, Any]]
    expect: list[dict[str, Any]]
    only: str
    """End of the resources that the case, or its file, is about, where a control has many; empty for all."""


def read_cases() -> Iterator[Case]:
    for path in sorted(CASES.glob("*.toml")):
        found = tomllib.loads(path.read_text(encoding="utf-8"))
        for case in found["case"]:
            yield Case(
                path.stem,
                case["name"],
                case.get("as_of", found.get("as_of", AS_OF)),
                case.get("rows", {}),
                case.get("settings", {}),
                case.get("unread", []),
                case.get("expect", []),
                case.get("only", found.get("only", "")),
            )


def unseen() -> set[tuple[str, str]]:
    """Controls with verdicts that the demo's organization cannot have on any night, as their case files say."""
    files = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in CASES.glob("*.toml")}
    return {(control_id, verdict) for control_id, found in files.items() for verdict in found.get("unseen", ())}


def judge(case: Case, models: Catalog) -> list[dict[str, Any]]:
    """The findings of the case's control: rows of `judgements`."""
    with prepared(case, models) as made:
        rows_of(case, made)
        return judged(case, made)


@contextmanager
def prepared(case: Case, models: Catalog, also: tuple[str, ...] = ()) -> Iterator[build.Build]:
    """The rows of a case in a database, with all that its control and the judgements read, but for these themselves.

    `also` are other models to make.
    """
    con = database()
    con.begin()
    try:
        yield from _prepared(con, case, models, also)
    finally:
        con.rollback()


@cache
def database() -> duckdb.DuckDBPyConnection:
    """A database in memory: cases are transactions on it that are rolled back.

    It has the tables of the history, and beside them a schema `standing`: every table that rests on no row of a case.
    To plan a query on a few rows costs more than to run it, so nothing is optimized here; whole nights are.
    """
    con = duckdb.connect(config={"threads": 1})
    con.execute("pragma disable_optimizer")
    history.prepare(con)
    con.execute("create schema standing; use standing")
    datasets, models, settings = collectors.datasets(), load_catalog(), defaults()
    rows = DEFAULTS | {"extracts": list(extracts([], DEFAULTS["accounts"], datasets.values()))}
    for name, dataset in datasets.items():
        load(con, dataset, rows.get(name, []))
    con.execute("set search_path = 'standing,main'")
    with build.prepared(con, settings, Night(settings.home, AS_OF), models) as made:
        made.comments = None
        for model in filter(is_shared, models.models.values()):
            made.make(model)
    con.execute("set search_path = 'main,standing'")
    return con


def is_shared(model: Model) -> bool:
    """Whether the model is the same for every control and its parameters."""
    return model.layer in BUILT_FIRST


def _prepared(
    con: duckdb.DuckDBPyConnection, case: Case, models: Catalog, also: tuple[str, ...]
) -> Iterator[build.Build]:
    one = only_control(case.control_id) if models is load_catalog() else one_control(models, case.control_id)
    wanted = one.with_ancestors(["judgements", *also])
    read = {name for model in wanted for name in model.reads}
    rows = {name: [dict(row) for row in many] for name, many in case.rows.items()}
    if "credential_report" in rows:
        rows.setdefault("access_keys", list(listed_keys(rows["credential_report"])))
    earlier = rows.pop("history_guardrails", [])
    if "accounts" in rows:
        rows["accounts"] = [account(row.get("account_id", MEMBER)) | row for row in rows["accounts"]]
    datasets = collectors.datasets()
    if unknown := rows.keys() - datasets.keys():
        raise AssertionError(f"{case.name}: no such dataset: {unknown}")
    needed = [datasets[name] for name in models.datasets(case.control_id)]
    rows["extracts"] = list(extracts(case.unread, rows.get("accounts", DEFAULTS["accounts"]), needed))
    for name, many in rows.items():
        if f"raw_{name}" in read:
            load(con, datasets[name], many)
    for row in earlier:
        values = [row["as_of"], row.get("account_id", MEMBER), row["policy_type"], row["objective"], row["met"]]
        con.execute("insert into history_guardrails values (?, ?, ?, ?, ?)", values)
    settings = defaults().model_copy(update={"controls": {case.control_id: ControlSettings(**case.settings)}})
    touched = {f"raw_{name}" for name in rows} | ({"history_guardrails"} if earlier else set())
    with build.prepared(con, settings, Night(settings.home, case.as_of), one) as made:
        made.comments = None  # nobody reads these tables
        for model in wanted:
            if model.name in (case.control_id, *JUDGING):
                continue
            if not is_shared(model) or case.as_of != AS_OF or touched & one.upstream[model.name]:
                made.make(model)
        yield made


def rows_of(case: Case, made: build.Build, changed: Model | None = None) -> list[tuple[Any, ...]]:
    """Make the case's control, or a changed one in its place; what it selects."""
    made.make(changed or made.catalog.models[case.control_id])
    return made.con.execute(f"select * from {case.control_id} order by all").fetchall()


def judged(case: Case, made: build.Build) -> list[dict[str, Any]]:
    """The findings, once the control is made."""
    for name in JUDGING:
        made.make(made.catalog.models[name])
    names = ("account_id", "region", "resource", "verdict", "reason", "evidence", "origin")
    about = f"verdict = 'unknown' or ends_with(resource, '{case.only}')"
    found = made.con.execute(f"select {', '.join(names)} from judgements where {about}").fetchall()
    return [dict(zip(names, row, strict=True)) for row in found]


def mismatch(case: Case, found: list[dict[str, Any]], models: Catalog) -> str:
    """What differs between the findings and those that the case expects; empty where nothing does."""
    head = models.controls[case.control_id].control
    home = MANAGEMENT if head and head.scope == "organization" else MEMBER
    named = {expected["account_id"] for expected in case.expect if "account_id" in expected} | {home}
    found = [finding for finding in found if finding["account_id"] in named]
    left = list(found)
    for expected in case.expect:
        matching = [finding for finding in left if matches(finding, expected, home)]
        if not matching:
            return f"expected {expected}; found {listed(found)}"
        left.remove(matching[0])
    return f"not expected: {listed(left)}" if left else ""


def unreadable_evidence(case: Case, found: list[dict[str, Any]], models: Catalog) -> Iterator[str]:
    """A line for each finding whose evidence has keys that the header does not declare, or JSON inside a text."""
    head = models.controls[case.control_id].control
    declared = head.evidence.keys() if head else set()
    for finding in found:
        evidence = json.loads(finding["evidence"])
        if finding["origin"] == "control" and (odd := sorted(evidence.keys() - declared)):
            yield f"{finding['resource']}: {', '.join(odd)} not declared"
        yield from (f"{finding['resource']}: JSON inside a text: {text}" for text in texts(evidence) if is_json(text))


def texts(value: Any) -> Iterator[str]:
    """Every text of a JSON value."""
    if isinstance(value, str):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(child)


def is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict | list)
    except ValueError:
        return False


def matches(finding: dict[str, Any], expected: dict[str, str], home: str) -> bool:
    return (
        finding["account_id"] == expected.get("account_id", home)
        and finding["verdict"] == expected["verdict"]
        and finding["resource"] == expected.get("resource", finding["resource"])
        and finding["region"] == expected.get("region", finding["region"])
        and expected.get("reason", "") in str(finding["reason"])
        and expected.get("evidence", "") in str(finding["evidence"])
    )


def listed(findings: list[dict[str, Any]]) -> str:
    lines = sorted(f"{f['account_id']} {f['resource']} {f['verdict']}: {f['reason']}" for f in findings)
    return "\n  ".join(["", *lines]) or "nothing"


def one_control(models: Catalog, name: str) -> Catalog:
    """The catalog as if the named control were the only one."""
    kept = {n: m for n, m in models.models.items() if m.control is None or n == name}
    return Catalog(kept | {"control_results": control_results([name])})


def extracts(
    unread: list[dict[str, Any]], accounts: list[dict[str, Any]], needed: Iterable[Dataset]
) -> Iterator[dict[str, Any]]:
    """The extracts of a night: all that is needed was read, but for what a case says is not."""
    read = [a["account_id"] for a in accounts if a["state"] == "ACTIVE" and a["is_in_scope"]]
    datasets = collectors.datasets()
    failed = {}
    for fault in unread:
        dataset = datasets[fault["dataset"]]
        account_id = fault.get("account_id", MANAGEMENT if dataset.scope == "organization" else MEMBER)
        failed[account_id, fault.get("region", region_of(dataset)), dataset.name] = fault
    for dataset in needed:
        if not dataset.operations:
            continue
        regions = {region for _, region, name in failed if name == dataset.name} | {region_of(dataset)}
        accounts_read = [MANAGEMENT] if dataset.scope == "organization" else read
        for account_id, region in itertools.product(accounts_read, sorted(regions)):
            row: Row = {"account_id": account_id, "region": region, "dataset": dataset.name, "status": "ok", "rows": 0}
            if one := failed.get((account_id, region, dataset.name)):
                row |= {
                    "status": "failed",
                    "operation": one.get("operation", dataset.operations[0]),
                    "error_class": one.get("error_class", "iam_deny"),
                    "message": one.get("message", "not authorized"),
                }
            yield row


def listed_keys(report: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The keys of a credential report as iam:ListAccessKeys has them, where a case does not say otherwise."""
    for user, number in itertools.product(report, (1, 2)):
        is_active, created_at = (user.get(f"access_key_{number}_{what}") for what in ("active", "last_rotated_at"))
        if user["user_name"] != "<root_account>" and (is_active or created_at):
            yield {
                **({"account_id": user["account_id"]} if "account_id" in user else {}),
                "user_name": user["user_name"],
                "access_key_id": f"AKIAEXAMPLE{number}",
                "status": "Active" if is_active else "Inactive",
                "created_at": None if created_at == NULL else created_at,
            }


def region_of(dataset: Dataset) -> str:
    return "us-east-1" if dataset.scope == "region" else "global"


def load(con: duckdb.DuckDBPyConnection, dataset: Dataset, rows: list[dict[str, Any]]) -> None:
    """A raw table from the rows of a case; what a row leaves out is null, but for the account."""
    names = [c.name for c in dataset.columns]
    owned = {c.name: MEMBER for c in dataset.columns if c.name == "account_id" and c.required}
    full = []
    for row in rows:
        if odd := row.keys() - set(names) - ({"as_of"} if dataset.history_days else set()):
            raise AssertionError(f"{dataset.name}: no such column: {odd}")
        full.append({n: value(row.get(n, owned.get(n))) for n in names})
    made = pa.Table.from_pylist(full, schema=dataset.arrow())  # noqa: F841  (DuckDB reads it by name)
    casts = ", ".join(f"{c.name}::{'varchar' if c.type == 'json' else c.type} as {c.name}" for c in dataset.columns)
    con.execute(f"create or replace table raw_{dataset.name} as select {casts} from made")
    if dataset.history_days:
        con.execute(f"alter table raw_{dataset.name} add column as_of date")
        con.execute(f"update raw_{dataset.name} set as_of = ?", [AS_OF])


def value(raw: Any) -> Any:
    """TOML tables are JSON columns; TOML times are naive UTC already."""
    if raw == NULL:
        return None
    return json.dumps(raw) if isinstance(raw, dict) else raw


@cache
def load_catalog() -> Catalog:
    return catalog.load()


@cache
def only_control(name: str) -> Catalog:
    """`one_control` of our own catalog, which many cases share."""
    return one_control(load_catalog(), name)


@cache
def defaults() -> Settings:
    """Settings as they are by default, read once for all cases."""
    return Settings()


def without(case: Case, dataset: str) -> Case:
    """The same case with one dataset unread."""
    return replace(case, unread=[*case.unread, {"dataset": dataset}])
