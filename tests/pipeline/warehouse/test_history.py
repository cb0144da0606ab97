"""Spans: in whatever order nights are put in, and however often, the result is that of the nights in order."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.warehouse import history

VERDICTS = st.sampled_from(["pass", "fail", "unknown"])
NIGHT = st.dictionaries(st.sampled_from(["a", "b", "c"]), VERDICTS)
FIRST = date(2026, 11, 1)


def record(con: duckdb.DuckDBPyConnection, as_of: date, verdicts: dict[str, str]) -> None:
    con.execute(
        "create or replace temp table judgements "
        "(control_id varchar, account_id varchar, region varchar, resource varchar, verdict varchar)"
    )
    for resource, verdict in verdicts.items():
        con.execute("insert into judgements values ('c', '1', 'global', ?, ?)", [resource, verdict])
    history.record_spans(con, as_of)
    history.record_nights(con, as_of)


def spans(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, date, date]]:
    query = "select resource, verdict, from_as_of, to_as_of from history_spans order by all"
    return con.execute(query).fetchall()


def expected(nights: dict[date, dict[str, str]]) -> list[tuple[str, str, date, date]]:
    """The spans by the plain way: walk the nights in order, extend what stays the same."""
    found: list[list[object]] = []
    running: dict[str, list[object]] = {}
    for as_of in sorted(nights):
        verdicts = nights[as_of]
        for resource in [r for r in running if running[r][1] != verdicts.get(r)]:
            del running[resource]
        for resource, verdict in verdicts.items():
            if resource not in running:
                running[resource] = [resource, verdict, as_of, as_of]
                found.append(running[resource])
            running[resource][3] = as_of
    return sorted(tuple(span) for span in found)  # type: ignore[misc]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), NIGHT), min_size=1, max_size=9))
def test_any_order_of_nights_gives_the_spans_of_the_nights_in_order(steps: list[tuple[int, dict[str, str]]]) -> None:
    con = duckdb.connect()
    history.prepare(con)
    nights: dict[date, dict[str, str]] = {}
    for offset, verdicts in steps:
        as_of = FIRST + timedelta(days=2 * offset)
        nights[as_of] = verdicts
        record(con, as_of, verdicts)
    assert spans(con) == expected(nights)
    assert history.judged_dates(con) == sorted(nights)


def test_a_blocked_night_is_noted_and_is_no_night_of_the_history() -> None:
    con = duckdb.connect()
    history.prepare(con)
    record(con, FIRST, {"a": "fail"})
    history.note_night(con, FIRST + timedelta(days=1), "users_key_unique failed")
    record(con, FIRST + timedelta(days=2), {"a": "fail"})
    assert spans(con) == [("a", "fail", FIRST, FIRST + timedelta(days=2))]
    history.note_night(con, FIRST, "judged before, blocked when run again")
    assert FIRST in history.judged_dates(con)
