"""Contracts of models, and stricter ones of controls: checked when they are loaded, or when they are built.

A control selects `account_id`, `region` (where its resources have one), `resource`, `judged` and `evidence`. `judged`
is a verdict with its reason: `pass(reason)`, `fail(reason)`, `unknown(reason)`, `not_applicable(reason)` or
`manual(reason)`. These are macros whose result the engine unpacks, so a control cannot return any other verdict.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from pipeline.refused import Refused
from pipeline.rows import quoted
from pipeline.warehouse.headers import in_header
from pipeline.warehouse.query import CALLS, JUDGED, VERDICTS, Query, close_to

ENGINE_VARIABLES = ("as_of", "read_at", "part", "min_coverage_to_score", "knowledge_max_days", "contract_version")
"""What `getvariable` gives beside the parameters of the header: date and moment of the night, the controls of a
part, and settings."""
MOMENTS = {
    "days_since": "if(moment > getvariable('read_at'), 0, date_sub('day', moment::timestamp, getvariable('read_at')))",
    "days_until": "moment::date - getvariable('read_at')::date",
}
"""Macros for the days (UTC) between a timestamp and the time at which the night was read; whole days for an age."""

ORDERED = {
    "as_severity": ("critical", "high", "medium", "low"),
    "as_verdict": ("fail", "unknown", "manual", "exempt", "pass", "not_applicable"),
}
"""Macros for published words that sort by their meaning, what matters most first: ENUM types with these values."""

TEXT, VERDICT = "VARCHAR", "STRUCT(verdict VARCHAR, reason VARCHAR)"
COLUMNS = {"account_id": TEXT, "region": TEXT, "resource": TEXT, JUDGED: VERDICT, "evidence": "JSON"}
ALL = "account_id, region (where a resource has one), resource, judged, evidence"
CASTS = {TEXT: "{}::varchar", VERDICT: f"one of {CALLS}", "JSON": "to_json({})"}


def check_query(query: Query, params: Mapping[str, Any], head: str = "") -> None:
    """Check the functions and parameters of a query. Raises `Refused`."""
    for name, at in query.functions.items():
        if name not in functions():
            raise query.refusal(f"there is no function {name}{close_to(name, functions())}", at)
    names = {*params, *ENGINE_VARIABLES}
    for name, at in query.variables.items():
        if name not in names:
            engine = ", ".join(ENGINE_VARIABLES)
            problem = f"getvariable('{name}') is neither a parameter of the header nor one of {engine}"
            raise query.refusal(f"{problem}{close_to(name, names)}", at)
    for name in params:
        if name in ENGINE_VARIABLES:
            raise in_header(query.path, head, name, f"params: {name} is the engine's own; name it otherwise")
        if name not in query.variables:
            raise in_header(query.path, head, name, f"params: {name} is not used; read it by getvariable('{name}')")


def check_verdicts(query: Query) -> None:
    """Check that a control uses the verdict macros. Raises `Refused`."""
    for problem, at in query.faults:
        raise query.refusal(problem, at)
    if not query.judges:
        raise query.refusal(f"selects no {JUDGED}; give each resource one of {CALLS} as {JUDGED}", 0)


def check_evidence(query: Query, declared: Collection[str], head: str) -> None:
    """Check that the keys of a control's evidence are those that its header declares. Raises `Refused`."""
    if None in query.evidence:
        raise query.refusal("evidence must be to_json({key: value, ...})", 0)
    if not query.evidence:
        return  # refused by `check_columns`
    selected = dict.fromkeys(key for keys in query.evidence for key in keys or ())
    for name in selected:
        if name not in declared:
            problem = f"evidence: {name} is selected, but not declared under [evidence]{close_to(name, declared)}"
            raise in_header(query.path, head, "evidence", problem)
    for name in declared:
        if name not in selected:
            raise in_header(query.path, head, name, f"evidence: {name} is not selected{close_to(name, selected)}")


def check_tables(query: Query, tables: Collection[str]) -> None:
    """Check that every table read exists. Raises `Refused`."""
    for name, at in query.tables.items():
        if name not in tables:
            raise query.refusal(f"there is no table {name}{close_to(name, tables)}", at)


@cache
def functions() -> frozenset[str]:
    """The functions available to models: DuckDB's, the verdicts, the ages and the ordered words."""
    builtin = duckdb.execute("select distinct function_name from duckdb_functions()").fetchall()
    return frozenset({name for (name,) in builtin} | set(VERDICTS) | set(MOMENTS) | set(ORDERED))


def define_macros(con: duckdb.DuckDBPyConnection) -> None:
    """Create the macros for verdicts, ages and ordered words on this connection."""
    for verdict in VERDICTS:
        con.execute(f"create or replace temp macro {verdict}(reason) as {{verdict: '{verdict}', reason: reason}}")
    for name, days in MOMENTS.items():
        con.execute(f"create or replace temp macro {name}(moment) as {days}")
    for name, words in ORDERED.items():
        values = ", ".join(map(quoted, words))
        con.execute(f"create or replace temp macro {name}(word) as word::enum({values})")


def unpacked(con: duckdb.DuckDBPyConnection, sql: str, path: Path) -> str:
    """The SELECT of a control with `judged` unpacked into two columns. Raises `Refused` for wrong columns or types."""
    check_columns({name: kind for name, kind, *_ in con.execute(f"describe {sql}").fetchall()}, path)
    return f"select * exclude ({JUDGED}, evidence), unnest({JUDGED}), evidence from ({sql})"


def check_columns(types: Mapping[str, str], path: Path) -> None:
    """Check the names and types of a control's columns. Raises `Refused`."""
    for name, kind in COLUMNS.items():
        if name not in types and name != "region":
            raise Refused(f"{path}: selects no {name}; a control selects {ALL}")
        if types.get(name, kind) != kind:
            raise Refused(f"{path}: {name} is {types[name]}, must be {kind}; write {CASTS[kind].format(name)}")
    if odd := sorted(types.keys() - COLUMNS.keys()):
        raise Refused(f"{path}: selects {odd[0]}; a control selects {ALL}, nothing else")


def check_built(con: duckdb.DuckDBPyConnection, control: str, path: Path) -> None:
    """Check a control's results: valid verdicts, and one per resource. Raises `Refused`."""
    words = ", ".join(f"'{verdict}'" for verdict in VERDICTS)
    odd = con.execute(f"select resource, verdict from {control} where verdict is null or verdict not in ({words})")
    if row := odd.fetchone():
        raise Refused(f"{path}: says {row[1]!r} of {row[0]}; write one of {CALLS}")
    columns = {name for name, *_ in con.execute(f"describe {control}").fetchall()}
    key = "account_id, resource" + (", region" if "region" in columns else "")
    twice = con.execute(f"select resource from {control} group by {key} having count(*) > 1")
    if row := twice.fetchone():
        raise Refused(f"{path}: gives {row[0]} two verdicts")


def located(error: duckdb.Error, path: Path, line: int) -> Refused:
    """DuckDB's error with the line in the file; the query begins on `line`."""
    match = re.search(r"(?m)^LINE (\d+):", str(error))
    if not match:
        return Refused(f"{path}: {error}")
    of_query = int(match[1])
    return Refused(f"{path}: line {of_query} of the query: {error} ({path.name}:{line + of_query - 1})")
