"""What the warehouse remembers from night to night: spans of verdicts, the measures and the guardrails of every night.

A span says that a resource had a verdict from one night to another, both included. A night can be put in again at
any place, last or long past: it is taken out of the spans first, so that twice leaves one.
"""

from __future__ import annotations

from datetime import date

import duckdb

KEY = "control_id, account_id, region, resource"

TABLES = f"""
create table if not exists history_nights (as_of date primary key, blocked_reason varchar);
create table if not exists history_spans (
    {KEY.replace(",", " varchar,")} varchar, verdict varchar, from_as_of date, to_as_of date
);
create table if not exists history_guardrails (as_of date, account_id varchar, policy_type varchar, objective varchar,
    met varchar);
create table if not exists history_measures (as_of date, scope varchar, key varchar, pass bigint, fail bigint,
    score double, coverage double);
"""

TAKE_OUT = f"""
create or replace temp table touched as from history_spans where $night between from_as_of and to_as_of;
delete from history_spans where $night between from_as_of and to_as_of;
insert into history_spans select {KEY}, verdict, from_as_of, $before from touched where from_as_of < $night;
insert into history_spans select {KEY}, verdict, $after, to_as_of from touched where to_as_of > $night;
drop table touched;
"""

PUT_IN = f"""
create or replace temp table spans_of_night as
select t.control_id, t.account_id, t.region, t.resource, t.verdict,
    coalesce(l.from_as_of, $night) as from_as_of, coalesce(r.to_as_of, $night) as to_as_of
from judgements t
left join history_spans l on l.to_as_of = $before and l.verdict = t.verdict
    and (l.control_id, l.account_id, l.region, l.resource) = (t.control_id, t.account_id, t.region, t.resource)
left join history_spans r on r.from_as_of = $after and r.verdict = t.verdict
    and (r.control_id, r.account_id, r.region, r.resource) = (t.control_id, t.account_id, t.region, t.resource);
delete from history_spans s using spans_of_night n
where s.from_as_of >= n.from_as_of and s.to_as_of <= n.to_as_of
    and (s.control_id, s.account_id, s.region, s.resource) = (n.control_id, n.account_id, n.region, n.resource);
insert into history_spans select {KEY}, verdict, from_as_of, to_as_of from spans_of_night;
drop table spans_of_night;
"""


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the history where they are not there yet."""
    con.execute(TABLES)


def judged_dates(con: duckdb.DuckDBPyConnection) -> list[date]:
    """The dates of the nights judged so far, in order."""
    found = con.execute("select as_of from history_nights where blocked_reason is null order by as_of").fetchall()
    return [row[0] for row in found]


def blocked_after(con: duckdb.DuckDBPyConnection, as_of: date) -> tuple[date, str] | None:
    """The newest night after `as_of` that was held back, and why."""
    query = "select as_of, blocked_reason from history_nights where blocked_reason is not null and as_of > ?"
    found = con.execute(f"{query} order by as_of desc limit 1", [as_of]).fetchone()
    return (found[0], found[1]) if found else None


def record_spans(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Put the night's judgements (table `judgements`) into the spans."""
    others = [judged for judged in judged_dates(con) if judged != as_of]
    before = max((other for other in others if other < as_of), default=None)
    after = min((other for other in others if other > as_of), default=None)
    for script in (TAKE_OUT, PUT_IN):
        for statement in script.split(";"):
            if statement.strip():
                named = {"night": as_of, "before": before, "after": after}
                con.execute(statement, {k: v for k, v in named.items() if f"${k}" in statement})


def record_nights(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Write down that the night was judged."""
    note_night(con, as_of, None)


def record_guardrails(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Keep which guardrail objectives were met (table `guardrail_objectives`); null where a policy was unreadable."""
    con.execute("delete from history_guardrails where as_of = ?", [as_of])
    con.execute(
        "insert into history_guardrails by name "
        "select ? as as_of, account_id, policy_type, objective, if(len(unreadable) = 0, met, null) as met "
        "from fact_guardrails",
        [as_of],
    )


def record_measures(con: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """Keep the night's measures (table `measures`), but for those of an account or OU by practice."""
    con.execute("delete from history_measures where as_of = ?", [as_of])
    con.execute(
        "insert into history_measures by name select ? as as_of, scope, key, pass, fail, score, coverage "
        "from measures where not contains(scope, ' and ')",
        [as_of],
    )


def note_night(con: duckdb.DuckDBPyConnection, as_of: date, blocked_reason: str | None) -> None:
    """Write down that a night was judged, or why it was not. What was judged once stays judged."""
    if blocked_reason is None or as_of not in judged_dates(con):
        con.execute("insert or replace into history_nights values (?, ?)", [as_of, blocked_reason])
