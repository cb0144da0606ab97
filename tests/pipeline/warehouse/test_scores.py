"""Measures over a few judgements: what counts as met, who weighs how much, and what must not move them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from statistics import mean
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.warehouse import history, models
from pipeline.warehouse.store import variables

MODELS = models.load().models
AS_OF = date(2026, 11, 30)
GIVEN = {"as_of": AS_OF, "min_coverage_to_score": 95}
TONIGHT = ("control_account_counts", "account_counts", "measured_scopes", "measures")

ACCOUNTS = {"1": "ann", "2": None, "3": "a/b'\"", "4": None, "5": "ann"}
OUS = {"1": ["r"], "2": ["r", "x"], "3": ["r", "x"], "4": ["r", "x", "y"], "5": ["r", "x", "y"]}
CONTROLS = {"a": ("BP01-02", "low"), "b": ("BP01-01", "high"), "c": ("BP02-01", "critical"), "d": ("BP02-02", "high")}
VERDICTS = ("pass", "fail", "fail", "exempt", "not_applicable", "unknown", "manual")
Judgements = Sequence[tuple[str, str, str]]
JUDGEMENTS = st.lists(
    st.tuples(st.sampled_from(sorted(CONTROLS)), st.sampled_from(sorted(ACCOUNTS)), st.sampled_from(VERDICTS)),
    min_size=1,
    max_size=40,
)


def judged(judgements: Judgements, accounts: Iterable[str] = ACCOUNTS) -> duckdb.DuckDBPyConnection:
    """A night with these verdicts of control and account, of these accounts alone."""
    con = duckdb.connect(config={"threads": 1})
    con.execute("create table int_accounts (account_id varchar, owner varchar, ou_ids varchar[], is_expected boolean)")
    for account_id in accounts:
        values = [account_id, ACCOUNTS[account_id], OUS[account_id]]
        con.execute("insert into int_accounts values (?, ?, ?, true)", values)
    con.execute("create table control_catalog (control_id varchar, practice bigint, number varchar, severity varchar)")
    for control_id, (number, severity) in CONTROLS.items():
        con.execute("insert into control_catalog values (?, ?, ?, ?)", [control_id, int(number[2:4]), number, severity])
    con.execute("create table said (control_id varchar, account_id varchar, verdict varchar)")
    if of_these := [row for row in judgements if row[1] in set(accounts)]:
        con.executemany("insert into said values (?, ?, ?)", of_these)
    con.execute("create table judgements as from said inner join control_catalog using (control_id)")
    with variables(con, GIVEN):
        for model in TONIGHT:
            con.execute(f"create table {model} as {MODELS[model].sql}")
    return con


def select(con: duckdb.DuckDBPyConnection, model: str, columns: str = "*") -> list[tuple[Any, ...]]:
    """Rows of a model, over the tables that the connection has."""
    with variables(con, GIVEN):
        return con.execute(f"select {columns} from ({MODELS[model].sql})").fetchall()


def measures(con: duckdb.DuckDBPyConnection, columns: str = "*") -> dict[tuple[str, str], Any]:
    rows = con.execute(f"select scope, key, {columns} from measures").fetchall()
    return {row[:2]: row[2:] for row in rows}


def is_within(scope: str, key: str, control: str, account: str) -> bool:
    """Whether a pair of control and account counts in this measure."""
    practice = str(int(CONTROLS[control][0][2:4]))
    return {
        "overall": key == "",
        "practice": key == practice,
        "control": key == control,
        "account": key == account,
        "account and practice": key == f"{account}/{practice}",
        "owner": key == (ACCOUNTS[account] or ""),
        "ou": key in OUS[account],
        "ou and practice": key in [f"{ou}/{practice}" for ou in OUS[account]],
    }[scope]


@settings(max_examples=12, deadline=None)
@given(JUDGEMENTS)
def test_every_measure_is_counted_from_its_pairs(judgements: Judgements) -> None:
    columns = (
        "critical, accounts_with_critical, accounts_without_critical, controls_met, accounts_met, accounts_not_met"
    )
    found = measures(judged(judgements), f"{columns}, accounts, expected, judged")
    for (scope, key), row in found.items():
        pairs: dict[str, dict[str, list[str]]] = {}
        for control, account, verdict in judgements:
            if is_within(scope, key, control, account):
                pairs.setdefault(account, {}).setdefault(control, []).append(verdict)
        of_accounts = [counted(controls) for controls in pairs.values()]
        shares = [one["share"] for one in of_accounts if one["share"] is not None]
        wanted = (
            sum(one["critical"] for one in of_accounts),
            sum(one["critical"] > 0 for one in of_accounts),
            sum(one["free"] for one in of_accounts),
            pytest.approx(mean(shares), abs=1e-4) if shares else None,
            sum(one["meets"] for one in of_accounts),
            sum(one["misses"] for one in of_accounts),
            len(of_accounts),
            sum(len(controls) for controls in pairs.values()),
            sum(one["judged"] for one in of_accounts),
        )
        assert row == wanted, (scope, key)


def counted(controls: dict[str, list[str]]) -> dict[str, Any]:
    """What one account contributes, by the words of the documentation."""
    is_judged = {c: not {"unknown", "manual"} & set(said) for c, said in controls.items()}
    missed = [c for c, said in controls.items() if "fail" in said]
    met = [c for c, said in controls.items() if is_judged[c] and c not in missed and {"pass", "exempt"} & set(said)]
    critical = [c for c in controls if CONTROLS[c][1] == "critical"]
    enough = sum(is_judged.values()) / len(controls) >= 0.95
    return {
        "critical": sum(controls[c].count("fail") for c in critical),
        "free": not any(c in missed or not is_judged[c] for c in critical),
        "share": 100 * len(met) / len(met + missed) if enough and met + missed else None,
        "meets": all(is_judged.values()) and bool(met) and not missed,
        "misses": bool(missed),
        "judged": sum(is_judged.values()),
    }


UNMOVED = "* exclude (subject, practice, control_id, pass, pass_rate)"


@settings(max_examples=6, deadline=None)
@given(JUDGEMENTS, st.integers(0, 1000))
def test_a_thousand_harmless_roles_move_no_measure(judgements: Judgements, at: int) -> None:
    plain = judged(judgements)
    applying = [row for row in judgements if row[2] in ("pass", "fail", "exempt")]
    if not applying:
        return
    control, account, _ = applying[at % len(applying)]
    crowded = judged([*judgements, *[(control, account, "pass")] * 1000])
    assert measures(crowded, UNMOVED) == measures(plain, UNMOVED)
    assert measures(crowded, "pass") != measures(plain, "pass")


def compared(tonight: duckdb.DuckDBPyConnection, before: Judgements, days: Sequence[int] = (1,)) -> None:
    """Give tonight a history: the same verdicts on each night so many days before."""
    history.prepare(tonight)
    for ago in (0, *days):
        tonight.execute("insert into history_nights values (?, null)", [AS_OF - timedelta(days=ago)])
    spans = [
        (
            control,
            account,
            "global",
            f"r{number}",
            verdict,
            AS_OF - timedelta(days=max(days)),
            AS_OF - timedelta(days=1),
        )
        for number, (control, account, verdict) in enumerate(before)
    ]
    tonight.executemany("insert into history_spans values (?, ?, ?, ?, ?, ?, ?)", spans)


def changes(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows = select(con, "measure_changes", "scope, key, critical_change, high_change, met_change")
    return {row[:2]: row[2:] for row in rows}


@settings(max_examples=10, deadline=None)
@given(JUDGEMENTS, st.sampled_from(sorted(ACCOUNTS)), st.sampled_from(["suspended", "unread", "joined"]))
def test_an_account_that_comes_goes_or_is_unread_moves_no_measure(
    judgements: Judgements, account: str, how: str
) -> None:
    others = [row for row in judgements if row[1] != account]
    unread = [(control, account, "unknown") for control in CONTROLS]
    tonight = judged({"suspended": others, "unread": [*others, *unread], "joined": judgements}[how])
    if before := others if how == "joined" else judgements:
        compared(tonight, before)
        assert all(change in ((0, 0, 0), (0, 0, None)) for change in changes(tonight).values())


def test_what_is_fixed_and_what_fails_anew_is_a_change() -> None:
    before = [("c", "1", "fail"), ("c", "1", "fail"), ("a", "1", "pass"), ("b", "2", "pass"), ("c", "2", "pass")]
    tonight = judged([("c", "1", "fail"), ("a", "1", "pass"), ("b", "2", "fail"), ("c", "2", "not_applicable")])
    compared(tonight, before)
    found = changes(tonight)
    assert found["overall", ""] == (-1, 1, -50)
    assert found["account", "1"] == (-1, 0, 0)
    assert found["account", "2"] == found["ou", "x"] == found["owner", ""] == (0, 1, -100)
    assert found["practice", "2"] == (-1, 0, 0)
    assert found["control", "b"] == (0, 1, -100)


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
    con = judged([("c", "1", "fail")])
    if days:
        compared(con, [("c", "1", "fail")], days)
    else:
        history.prepare(con)
    with variables(con, GIVEN):
        con.execute(f"create table measure_changes as {MODELS['measure_changes'].sql}")
        con.execute(f"create table measures_with_history as {MODELS['measures_with_history'].sql}")
    columns = "scope, earlier.previous_as_of, earlier.week_ago_as_of, earlier.month_ago_as_of, earlier.critical_change"
    rows = con.execute(f"select {columns} from measures_with_history where scope = 'overall'").fetchall()
    assert rows == [("overall", *(ago and AS_OF - timedelta(days=ago) for ago in expected), 0 if expected[0] else None)]


@settings(max_examples=6, deadline=None)
@given(JUDGEMENTS)
def test_owners_are_measured_by_their_accounts_together(judgements: Judgements) -> None:
    con = judged(judgements)
    history.prepare(con)
    history.record_measures(con, AS_OF - timedelta(days=1))
    with variables(con, GIVEN):
        con.execute(f"create table measure_changes as {MODELS['measure_changes'].sql}")
        con.execute(f"create table measures_with_history as {MODELS['measures_with_history'].sql}")
    wanted = {}
    for owner in {ACCOUNTS[account] for _, account, _ in judgements}:
        said = [(account, verdict) for _, account, verdict in judgements if ACCOUNTS[account] == owner]
        fails = [account for account, verdict in said if verdict == "fail"]
        wanted[owner or ""] = (len({account for account, _ in said}), len(fails), len(set(fails)))
    found = select(con, "scores_by_owner", "owner, accounts, fail, accounts_not_met")
    assert found == [(owner, *wanted[owner]) for owner in sorted(wanted)]
    columns = "scope, key, fail, controls_met, accounts_with_critical"
    recorded = measures(con, "fail, controls_met, accounts_with_critical")
    assert {row[:2]: row[2:] for row in select(con, "trend", columns)} == {
        at: row for at, row in recorded.items() if " and " not in at[0]
    }


def test_a_history_of_an_older_version_keeps_its_nights() -> None:
    con = duckdb.connect()
    con.execute("create table history_nights (as_of date, blocked_reason varchar)")
    con.execute("create table history_measures (as_of date, scope varchar, key varchar, pass bigint, score double)")
    con.execute("insert into history_measures values (?, 'overall', '', 3, 75.0)", [AS_OF])
    for _ in range(2):
        history.prepare(con)
        columns = "scope, pass, pass_rate, controls_met, critical"
        assert con.execute(f"select {columns} from history_measures").fetchall() == [("overall", 3, 75.0, None, None)]
