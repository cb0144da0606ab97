"""Scores and what is made of them, over a few judgements: what was measured earlier, the largest lifts, owners."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.warehouse import history, models
from pipeline.warehouse.store import variables

MODELS = models.load().models
AS_OF = date(2026, 11, 30)


def select(con: duckdb.DuckDBPyConnection, model: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """Rows of a model, over the tables that the connection has."""
    with variables(con, {"as_of": AS_OF, "min_coverage_to_score": 95}):
        return con.execute(f"select {columns} from ({MODELS[model].sql})").fetchall()


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([1, 7, 30], (1, 7, 30)),
        ([2, 9, 44, 60], (2, 9, 44)),
        ([1, 6, 29], (1, 29, None)),
        ([1, 6], (1, None, None)),
        ([45], (45, 45, 45)),
        ([], (None, None, None)),
    ],
)
def test_earlier_is_the_last_night_at_least_so_many_days_before(
    days: list[int], expected: tuple[int | None, ...]
) -> None:
    con = duckdb.connect()
    history.prepare(con)
    con.execute("create table measures as from (values ('overall', ''), ('account', '1')) t(scope, key)")
    for ago in (0, *days):  # the score of a night is the days since
        con.execute(
            "insert into history_measures by name select ?::date as as_of, 'overall' as scope, '' as key, ? as score",
            [AS_OF - timedelta(days=ago), ago],
        )
    wanted = ("previous", "week_ago", "month_ago")
    columns = ", ".join(["scope", *(f"{one}_score" for one in wanted), *(f"{one}_as_of" for one in wanted)])
    (new, known) = sorted(select(con, "score_history", columns))
    nights = tuple(ago and AS_OF - timedelta(days=ago) for ago in expected)
    assert known == ("overall", *expected, *nights)
    assert new == ("account", None, None, None, *nights)


ACCOUNTS = {"1": "ann", "2": None, "3": "a/b'\"", "4": None, "5": "ann"}
CONTROLS = {"a": ("BP01-02", "low"), "b": ("BP01-01", "low"), "c": ("BP02-01", "critical"), "d": ("BP02-02", "high")}
VERDICTS = ("pass", "fail", "fail", "exempt", "not_applicable", "unknown", "manual")
JUDGEMENTS = st.lists(
    st.tuples(st.sampled_from(sorted(CONTROLS)), st.sampled_from(sorted(ACCOUNTS)), st.sampled_from(VERDICTS)),
    max_size=40,
)


def judged(judgements: Sequence[tuple[str, str, str]]) -> duckdb.DuckDBPyConnection:
    """A night with these verdicts of control and account."""
    con = duckdb.connect(config={"threads": 1})
    con.execute("create table int_accounts (account_id varchar, owner varchar, ou_ids varchar[], is_expected boolean)")
    for account_id, owner in ACCOUNTS.items():
        con.execute("insert into int_accounts values (?, ?, ['r'], true)", [account_id, owner])
    con.execute("create table control_catalog (control_id varchar, practice bigint, number varchar, severity varchar)")
    for control_id, (number, severity) in CONTROLS.items():
        con.execute("insert into control_catalog values (?, ?, ?, ?)", [control_id, int(number[2:4]), number, severity])
    con.execute("create table given (control_id varchar, account_id varchar, verdict varchar)")
    con.executemany("insert into given values (?, ?, ?)", [("a", "4", "manual"), *judgements])
    con.execute("create table judgements as from given inner join control_catalog using (control_id)")
    with variables(con, {"as_of": AS_OF, "min_coverage_to_score": 95}):
        for model in ("control_account_counts", "measures"):
            con.execute(f"create table {model} as {MODELS[model].sql}")
    return con


@settings(max_examples=40, deadline=None)
@given(JUDGEMENTS)
def test_the_moves_together_lift_the_score_to_all(judgements: list[tuple[str, str, str]]) -> None:
    con = judged(judgements)
    fails = [(control, account) for control, account, verdict in judgements if verdict == "fail"]
    scored = [verdict for _, _, verdict in judgements if verdict in ("pass", "fail")]
    ((score,),) = con.execute("select score from measures where scope = 'overall'").fetchall()
    columns = "place, control_id, practice, severity, fails, accounts, owners, where_to_begin, fails_there"
    moves = select(con, "score_moves", columns)
    lifts = select(con, "score_moves", "lift_points, score_after")
    wanted = []
    for control in {control for control, _ in fails}:
        number, severity = CONTROLS[control]
        where = [account for one, account in fails if one == control]
        owners = {ACCOUNTS[account] for account in where}
        most = min(where, key=lambda account: (-where.count(account), account))
        rank = (-len(where), ["critical", "high", "medium", "low"].index(severity), number)
        row = (control, int(number[2:4]), severity, len(where), len(set(where)), len(owners), most, where.count(most))
        wanted.append((rank, row))
    assert moves == [(place, *row) for place, (_, row) in enumerate(sorted(wanted), start=1)]
    running = score
    for (lift, after), move in zip(lifts, moves, strict=True):
        assert lift == pytest.approx(100 * move[4] / len(scored), abs=1e-4)
        running += lift
        assert after == pytest.approx(running, abs=1e-3)
    assert (lifts[-1][1] if lifts else score) == (100 if scored else None)


@settings(max_examples=20, deadline=None)
@given(JUDGEMENTS)
def test_owners_are_measured_by_their_accounts_together(judgements: list[tuple[str, str, str]]) -> None:
    con = judged(judgements)
    history.prepare(con)
    history.record_measures(con, AS_OF - timedelta(days=1))
    with variables(con, {"as_of": AS_OF, "min_coverage_to_score": 95}):
        con.execute(f"create table score_history as {MODELS['score_history'].sql}")
        con.execute(f"create table measures_with_history as {MODELS['measures_with_history'].sql}")
    wanted = {}
    for owner in {ACCOUNTS[account] for _, account, _ in judgements} | {None}:
        said = [verdict for _, account, verdict in judgements if ACCOUNTS[account] == owner]
        passes, fails = said.count("pass"), said.count("fail")
        score = round(100 * passes / (passes + fails), 4) if passes + fails else None
        wanted[owner or ""] = ([*ACCOUNTS.values()].count(owner), passes, fails, score, score, None)
    columns = "owner, accounts, pass, fail, score, previous_score, week_ago_score"
    found = select(con, "scores_by_owner", columns)
    assert found == [(owner, *wanted[owner]) for owner in sorted(wanted)]
    trend = select(con, "trend", "scope, key, score")
    assert [row[1:] for row in trend if row[0] == "owner"] == [(row[0], row[4]) for row in found]
