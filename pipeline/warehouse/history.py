"""The history in the warehouse: spans of verdicts, and the measures and guardrails of every night.

A span means that a resource had a verdict from one night to another, inclusive. Any night, recent or old, can be
recorded again: it is first removed from the spans, so that recording is idempotent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date

import duckdb

from pipeline import state

KEY = "control_id, account_id, region, resource"

MEASURED = {
    "critical": "bigint",
    "high": "bigint",
    "accounts_with_critical": "bigint",
    "controls_met": "double",
    "accounts_met": "bigint",
    "accounts": "bigint",
}
"""The columns of `history_measures` that older files lack; null on nights recorded without them."""
TABLES: Mapping[str, Mapping[str, str]] = {
    "history_nights": {"as_of": "date primary key", "held_back_reason": "varchar"},
    "history_spans": {
        **dict.fromkeys((*KEY.split(", "), "verdict"), "varchar"),
        "from_as_of": "date",
        "to_as_of": "date",
    },
    "history_guardrails": {
        "as_of": "date",
        **dict.fromkeys(("account_id", "policy_type", "objective", "met"), "varchar"),
    },
    "history_measures": {
        "as_of": "date",
        "scope": "varchar",
        "key": "varchar",
        "pass": "bigint",
        "fail": "bigint",
        "pass_rate": "double",
        "coverage": "double",
        **MEASURED,
    },
}
"""The tables of the history, with their columns."""
RENAMED = {
    ("history_nights", "blocked_reason"): "held_back_reason",
    ("history_measures", "score"): "pass_rate",
}
"""By table and older name of a column: its name today."""

TAKE_OUT = (
    "create or replace temp table touched as from history_spans where $night between from_as_of and to_as_of",
    "delete from history_spans where $night between from_as_of and to_as_of",
    f"insert into history_spans select {KEY}, verdict, from_as_of, $before from touched where from_as_of < $night",
    f"insert into history_spans select {KEY}, verdict, $after, to_as_of from touched where to_as_of > $night",
    "drop table touched",
)

PUT_IN = (
    """
    create or replace temp table spans_of_night as
    select t.control_id, t.account_id, t.region, t.resource, t.verdict,
        coalesce(l.from_as_of, $night) as from_as_of, coalesce(r.to_as_of, $night) as to_as_of
    from judgements t
    left join history_spans l on l.to_as_of = $before and l.verdict = t.verdict
        and (l.control_id, l.account_id, l.region, l.resource) = (t.control_id, t.account_id, t.region, t.resource)
    left join history_spans r on r.from_as_of = $after and r.verdict = t.verdict
        and (r.control_id, r.account_id, r.region, r.resource) = (t.control_id, t.account_id, t.region, t.resource)""",
    """
    delete from history_spans s using spans_of_night n
    where s.from_as_of >= n.from_as_of and s.to_as_of <= n.to_as_of
        and (s.control_id, s.account_id, s.region, s.resource) = (n.control_id, n.account_id, n.region, n.resource)""",
    f"insert into history_spans select {KEY}, verdict, from_as_of, to_as_of from spans_of_night",
    "drop table spans_of_night",
)


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create missing tables of the history, and bring those of older versions up to date."""
    for table, columns in TABLES.items():
        declared = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        con.execute(f"create table if not exists {table} ({declared})")
    for (table, old), new in RENAMED.items():
        if old in _columns(con, table):
            con.execute(f"alter table {table} rename column {old} to {new}")
    for name, kind in MEASURED.items():
        con.execute(f"alter table history_measures add column if not exists {name} {kind}")
    if version(con) != state.VERSION:
        con.execute("create or replace table state_version as select ?::integer as version", [state.VERSION])


def version(con: duckdb.DuckDBPyConnection) -> int:
    """The state version of a warehouse; 0 for one from before there were any."""
    row = con.execute("select version from state_version").fetchone() if _columns(con, "state_version") else None
    return int(row[0]) if row else 0


def lacking(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The columns that the prepared tables lack: of a version that this program does not know, or damaged."""
    return [f"{table}.{name}" for table, columns in TABLES.items() for name in columns.keys() - _columns(con, table)]


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    query = "select column_name from duckdb_columns() where table_name = ?"
    return {row[0] for row in con.execute(query, [table]).fetchall()}


def judged_dates(con: duckdb.DuckDBPyConnection) -> list[date]:
    """The dates of the judged nights, in order."""
    dates = con.execute(
        "select as_of from history_nights as nights (as_of, held_back_reason) "
        "where held_back_reason is null order by as_of"
    ).fetchall()
    return [row[0] for row in dates]


def held_back(con: duckdb.DuckDBPyConnection) -> dict[date, str]:
    """The reasons for nights held back, by date."""
    query = "select as_of, reason from history_nights as nights (as_of, reason) where reason is not null"
    return dict(con.execute(query).fetchall())


def held_back_after(con: duckdb.DuckDBPyConnection, as_of: date) -> tuple[date, str] | None:
    """The newest held-back night after `as_of`, with its reason."""
    # By place: one who only reads finds the name of before in an older file.
    nights = "history_nights as nights (as_of, held_back_reason)"
    query = f"select as_of, held_back_reason from {nights} where held_back_reason is not null and as_of > ?"
    row = con.execute(f"{query} order by as_of desc limit 1", [as_of]).fetchone()
    return (row[0], row[1]) if row else None


def record_spans(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Record the night's judgements (table `judgements`) in the spans."""
    before, after = _neighbours(con, as_of)
    _run(con, TAKE_OUT, as_of, before, after)
    _run(con, PUT_IN, as_of, before, after)


def take_out(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Remove a judged night from the history, as if it had never been judged."""
    _run(con, TAKE_OUT, as_of, *_neighbours(con, as_of))
    for table in ("history_measures", "history_guardrails", "history_nights"):
        con.execute(f"delete from {table} where as_of = ?", [as_of])


def _neighbours(con: duckdb.DuckDBPyConnection, as_of: date) -> tuple[date | None, date | None]:
    """The dates of the previous and the next judged night."""
    others = [judged for judged in judged_dates(con) if judged != as_of]
    return max((o for o in others if o < as_of), default=None), min((o for o in others if o > as_of), default=None)


def _run(
    con: duckdb.DuckDBPyConnection,
    statements: Iterable[str],
    night: date,
    before: date | None,
    after: date | None,
) -> None:
    """Run each statement with only the dates that it uses; DuckDB rejects unused parameters."""
    dates = {"night": night, "before": before, "after": after}
    for statement in statements:
        con.execute(statement, {name: value for name, value in dates.items() if f"${name}" in statement})


def record_nights(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Record that the night was judged."""
    note_night(con, as_of, None)


def record_guardrails(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Record which guardrail objectives were met (table `guardrail_objectives`); null if a policy could not be read."""
    con.execute("delete from history_guardrails where as_of = ?", [as_of])
    con.execute(
        "insert into history_guardrails by name "
        "select ? as as_of, account_id, policy_type, objective, if(len(unreadable) = 0, met, null) as met "
        "from fact_guardrails",
        [as_of],
    )


def record_measures(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Record the night's measures (table `measures`), except those by account or OU and practice."""
    con.execute("delete from history_measures where as_of = ?", [as_of])
    columns = ", ".join(("scope", "key", "pass", "fail", "pass_rate", "coverage", *MEASURED))
    con.execute(
        f"insert into history_measures by name select ? as as_of, {columns} "
        "from measures where not contains(scope, ' and ')",
        [as_of],
    )


def note_night(con: duckdb.DuckDBPyConnection, as_of: date, held_back_reason: str | None) -> None:
    """Record that a night was judged, or why it was not. A judged night stays judged."""
    if held_back_reason is None or as_of not in judged_dates(con):
        con.execute("insert or replace into history_nights values (?, ?)", [as_of, held_back_reason])


RECORDERS: Mapping[str, Callable[[duckdb.DuckDBPyConnection, date], None]] = {
    "history_nights": record_nights,
    "history_spans": record_spans,
    "history_measures": record_measures,
    "history_guardrails": record_guardrails,
}
"""By table of the history: the function that records a night."""
