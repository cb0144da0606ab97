"""The life of findings: that of the nights in order, in whatever order they were judged; and the times made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.warehouse import history, models
from pipeline.warehouse.store import variables

MODELS = models.load().models
FIRST = date(2026, 11, 1)
ACCOUNT = "arn:aws:organizations::999999999999:account/o-example/1"
# What may be found, and where it is.
PLACES = {"a": "global", "b": "east", "c": "west"}
VERDICTS = ("fail", "fail", "fail", "pass", "pass", "unknown", "exempt", "not_applicable", "manual")
Key = tuple[str, str]

NONE = ", ".join(f"null as {name}" for name in history.MEASURED)


@dataclass(frozen=True)
class JudgedNight:
    """What a control said of an account: whether it ran, the regions whose data was not read, the verdicts.

    An account that is not judged, for it is out of scope or has left, has no verdict of any control.
    """

    ran: bool
    unread: frozenset[str]
    verdicts: dict[str, str]
    judged: bool = True

    def is_unread(self, region: str) -> bool:
        """As a night judges: one region that was not read takes the verdicts with it that are of no region."""
        return bool(self.unread & {"global", region} or (region == "global" and self.unread))

    def said(self) -> dict[Key, str]:
        if not (self.ran and self.judged):
            return {}
        found = {(PLACES[name], name): verdict for name, verdict in self.verdicts.items()}
        told = {key: verdict for key, verdict in found.items() if not self.is_unread(key[0])}
        return told | dict.fromkeys(((region, ACCOUNT) for region in self.unread), "unknown")


NIGHTS = st.builds(
    JudgedNight,
    st.integers(0, 7).map(bool),
    st.sampled_from([(), (), (), ("global",), ("east",), ("east", "west")]).map(frozenset),
    st.fixed_dictionaries({}, optional={name: st.sampled_from(VERDICTS) for name in PLACES}),
    st.integers(0, 4).map(bool),
)
FAILING = JudgedNight(True, frozenset(), dict.fromkeys(PLACES, "fail"))
UNREAD, EMPTY = JudgedNight(True, frozenset({"global"}), {}), JudgedNight(True, frozenset(), {})
LEFT = JudgedNight(True, frozenset(), {}, judged=False)


def judge(con: duckdb.DuckDBPyConnection, as_of: date, night: JudgedNight) -> None:
    """Put a night into the history; another control always runs, and another account is always judged."""
    accounts = ["1", "2"] if night.judged else ["2"]
    rows = [("c", "1", *key, verdict) for key, verdict in night.said().items()]
    rows += [("other", account, "global", ACCOUNT, "pass") for account in accounts]
    con.execute(
        "create or replace temp table judgements "
        "(control_id varchar, account_id varchar, region varchar, resource varchar, verdict varchar)"
    )
    con.executemany("insert into judgements values (?, ?, ?, ?, ?)", rows)
    con.execute(
        "create or replace temp table measures as "
        f"select scope, unnest(keys) as key, 0 as pass, 0 as fail, 0.0 as pass_rate, 0.0 as coverage, {NONE} "
        "from (values ('control', ?), ('account', ?)) as scopes(scope, keys)",
        [["other", "c"] if night.ran else ["other"], accounts],
    )
    history.record_spans(con, as_of)
    history.record_nights(con, as_of)
    history.record_measures(con, as_of)


def lives(con: duckdb.DuckDBPyConnection, as_of: date) -> list[tuple[Any, ...]]:
    con.execute(
        "create or replace temp table control_catalog as select unnest(['c', 'other']) as control_id, 1 as practice"
    )
    with variables(con, {"as_of": as_of}):
        columns = "region, resource, first_failed, opened, last_seen, resolved_on, times_reopened, state"
        sql = MODELS["finding_life"].sql
        return sorted(con.execute(f"select {columns}, age_days, days_to_resolve from ({sql})").fetchall())


def expected(nights: dict[date, JudgedNight], as_of: date) -> list[tuple[Any, ...]]:
    """The lives by the plain way: walk the nights in order."""
    found: dict[Key, dict[str, Any]] = {}
    tonight: dict[Key, str] = {}
    for day in sorted(night for night in nights if night <= as_of and nights[night].ran and nights[night].judged):
        tonight = nights[day].said()
        for key in found.keys() | {key for key, verdict in tonight.items() if verdict == "fail"}:
            verdict = tonight.get(key, "unread" if nights[day].is_unread(key[0]) else "gone")
            life = found.setdefault(key, {"first": day, "opened": day, "resolved": None, "again": 0})
            if verdict == "fail":
                if life["resolved"]:
                    life |= {"opened": day, "resolved": None, "again": life["again"] + 1}
                life["seen"] = day
            elif verdict in ("pass", "not_applicable", "gone") and not life["resolved"]:
                life["resolved"] = day
    if not (nights[as_of].ran and nights[as_of].judged):
        tonight = {}
    otherwise = "unknown" if nights[as_of].judged else "no longer judged"
    rows = []
    for key, life in found.items():
        now = {"fail": "open", "exempt": "exempt"}.get(tonight.get(key, ""), otherwise)
        state = "resolved" if life["resolved"] else now
        age = (as_of - life["opened"]).days if state == "open" else None
        taken = (life["resolved"] - life["opened"]).days if life["resolved"] else None
        rows.append(
            (*key, life["first"], life["opened"], life["seen"], life["resolved"], life["again"], state, age, taken)
        )
    return sorted(rows)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 6), NIGHTS), min_size=1, max_size=10))
@example([(0, FAILING), (1, FAILING), (2, FAILING)])
@example([(0, FAILING), (1, JudgedNight(True, frozenset({"east"}), {})), (2, FAILING)])
@example(
    [
        (0, FAILING),
        (3, FAILING),
        (1, JudgedNight(True, frozenset({"global"}), {})),
        (2, JudgedNight(True, frozenset(), {})),
    ]
)
@example([(0, FAILING), (1, LEFT), (2, LEFT)])
@example([(0, FAILING), (1, LEFT), (2, EMPTY)])
@example([(0, FAILING), (1, EMPTY), (2, LEFT), (3, FAILING)])
@pytest.mark.slow
def test_any_order_of_nights_gives_the_lives_of_the_nights_in_order(steps: list[tuple[int, JudgedNight]]) -> None:
    con = duckdb.connect()
    history.prepare(con)
    nights: dict[date, JudgedNight] = {}
    for offset, night in steps:
        as_of = FIRST + timedelta(days=2 * offset)  # every second day no night was run
        nights[as_of] = night
        judge(con, as_of, night)
    for as_of in nights:
        assert lives(con, as_of) == expected(nights, as_of), as_of


def life(verdicts: Sequence[str | None]) -> tuple[Any, ...]:
    """The one life after a night each of these verdicts on one resource.

    None is a night without it, "left" one on which its account was not judged.
    """
    con = duckdb.connect()
    history.prepare(con)
    days = [FIRST + timedelta(days=n) for n in range(len(verdicts))]
    for day, verdict in zip(days, verdicts, strict=True):
        found = {"a": verdict} if verdict not in (None, "left") else {}
        judge(con, day, JudgedNight(True, frozenset(), found, judged=verdict != "left"))
    (life,) = lives(con, days[-1])
    return life[6:]


def test_what_resolves_a_finding_and_what_does_not() -> None:
    assert life(["fail", "fail"]) == (0, "open", 1, None)
    assert life(["fail", "pass"]) == (0, "resolved", None, 1)
    assert life(["fail", None]) == (0, "resolved", None, 1)
    assert life(["fail", "unknown"]) == (0, "unknown", None, None)
    assert life(["fail", "exempt"]) == (0, "exempt", None, None)
    assert life(["fail", "unknown", "exempt", "fail"]) == (0, "open", 3, None)
    assert life(["fail", "unknown", "pass"]) == (0, "resolved", None, 2)
    assert life(["fail", "pass", "pass", "fail", "fail"]) == (1, "open", 1, None)
    assert life(["fail", None, "fail", "not_applicable", "exempt"]) == (1, "resolved", None, 1)


def test_an_account_that_leaves_resolves_nothing() -> None:
    assert life(["fail", "left"]) == (0, "no longer judged", None, None)
    assert life(["fail", "left", "left", "fail"]) == (0, "open", 3, None)
    assert life(["fail", "left", None]) == (0, "resolved", None, 2)
    assert life(["fail", "pass", "left"]) == (0, "resolved", None, 1)
    assert life(["fail", None, "left", "fail"]) == (1, "open", 0, None)


def test_times_rest_on_what_was_resolved_lately_and_count_units_with_all_below() -> None:
    con = duckdb.connect()
    con.execute(
        """
        create table control_catalog as from (values ('c', 1, 'One'), ('d', 2, 'Two'))
            t(control_id, practice, practice_title);
        create table organizational_units as from (values ('r', '/'), ('o', '/Work'), ('p', '/Work/Prod'))
            t(ou_id, ou_path);
        create table int_accounts as from (values
            ('1', 'ann', ['r', 'o', 'p']), ('2', null, ['r', 'o']), ('3', 'ann', ['r'])) t(account_id, owner, ou_ids);
        create table finding_life as
            select practice, account_id, state, date '2026-11-30' - opened_days as opened, times_reopened,
                date '2026-11-30' - resolved_days as resolved_on, if(state = 'open', opened_days, null) as age_days,
                opened_days - resolved_days as days_to_resolve, opened_days >= 40 as is_older
            from (values
                (1, '1', 'open', 40, null, 0), (1, '2', 'open', 3, null, 2), (1, '2', 'unknown', 50, null, 0),
                (1, '3', 'resolved', 12, 2, 1), (1, '1', 'resolved', 9, 8, 0), (1, '1', 'resolved', 29, 29, 0),
                (1, '1', 'resolved', 90, 30, 0), (2, '9', 'resolved', 7, 3, 0)
            ) t(practice, account_id, state, opened_days, resolved_days, times_reopened)
        """
    )
    with variables(con, {"as_of": date(2026, 11, 30), "within_days": 30}):
        sql = MODELS["resolution_times"].sql
        columns = "open, oldest_open_days, reopened, resolved, mean_days_to_resolve, median_days_to_resolve"
        columns += ", median_days_with_open, older"
        rows = con.execute(f"select scope, key, name, {columns} from ({sql})").fetchall()
    assert {row[:3]: row[3:] for row in rows} == {
        ("overall", "", "The organization"): (2, 40, 2, 4, 3.75, 2.5, 10, 2),
        ("practice", "1", "One"): (2, 40, 2, 3, 3.67, 1.0, 10, 2),
        ("practice", "2", "Two"): (0, None, 0, 1, 4.0, 4.0, 4, 0),
        ("ou", "r", "/"): (2, 40, 2, 3, 3.67, 1.0, 10, 2),
        ("ou", "o", "/Work"): (2, 40, 1, 2, 0.5, 0.5, 60, 2),
        ("ou", "p", "/Work/Prod"): (1, 40, 0, 2, 0.5, 0.5, 1, 2),
        ("owner", "ann", "ann"): (1, 40, 1, 3, 3.67, 1.0, 10, 2),
        ("owner", "", "no owner"): (1, 3, 1, 0, None, None, None, 0),
    }
