"""The version of a home: a newer one is refused, an older one is marked and said, and both before anything changes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets import home
from pipeline import state
from pipeline.night import WAREHOUSE, Night
from pipeline.publish import database
from pipeline.settings import Refused
from pipeline.warehouse import history, store

NEWER = rf"a newer version of Rolecall wrote it \(state version {state.VERSION + 1}, this one knows {state.VERSION}\)"
FIRST = date(2026, 11, 20)


def test_a_new_home_is_marked_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with home.held(tmp_path / "new"):
        assert state.found(tmp_path / "new") == state.VERSION
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("mark", "said"), [(None, "an earlier version's state"), ("2\n", "state version 2")])
def test_an_older_home_is_marked_and_it_is_said_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mark: str | None, said: str
) -> None:
    (tmp_path / "landing").mkdir()
    if mark:
        (tmp_path / state.MARK).write_text(mark)
    for expected in (f"{tmp_path}: {said} is now version {state.VERSION}", ""):
        with home.held(tmp_path):
            assert capsys.readouterr().out.startswith(expected)
    assert sorted(path.name for path in tmp_path.iterdir()) == [home.LOCK, state.MARK, "landing"]


def test_a_newer_home_is_refused_by_all_that_writes_or_reads_it(tmp_path: Path) -> None:
    (tmp_path / state.MARK).write_text(f"{state.VERSION + 1}\n")
    before = sorted(tmp_path.iterdir())
    for opened in (home.held, database.reading):
        with pytest.raises(Refused, match=NEWER), opened(tmp_path):
            pass
    with pytest.raises(Refused, match=NEWER):
        store.nights_known(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_a_newer_warehouse_is_refused_whatever_the_home_says(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / WAREHOUSE) as con:
        con.execute("create table state_version as select ?::integer as version", [state.VERSION + 1])
    before = (tmp_path / WAREHOUSE).read_bytes()
    for opened in (store.reading, store.writing):
        with pytest.raises(Refused, match=rf"warehouse\.duckdb: {NEWER}"), opened(tmp_path):
            pass
    assert (tmp_path / WAREHOUSE).read_bytes() == before


def test_a_mark_that_is_no_number_is_refused(tmp_path: Path) -> None:
    (tmp_path / state.MARK).write_text("three")
    with pytest.raises(Refused, match=rf"{state.MARK}: it holds no version number"):
        state.check(tmp_path)


# The history as 0.1 and 0.2 wrote it.
OLDER = {
    "0.1": ("blocked_reason", "score"),
    "0.2": ("held_back_reason", "score"),
}


@pytest.mark.parametrize("release", OLDER)
def test_a_history_of_each_release_is_brought_up_to_date_with_all_it_holds(tmp_path: Path, release: str) -> None:
    reason, rate = OLDER[release]
    with duckdb.connect(tmp_path / WAREHOUSE) as con:
        con.execute(f"create table history_nights (as_of date primary key, {reason} varchar)")
        con.execute(
            "create table history_spans (control_id varchar, account_id varchar, region varchar, resource varchar, "
            "verdict varchar, from_as_of date, to_as_of date)"
        )
        con.execute(
            "create table history_guardrails "
            "(as_of date, account_id varchar, policy_type varchar, objective varchar, met varchar)"
        )
        con.execute(
            "create table history_measures "
            f"(as_of date, scope varchar, key varchar, pass bigint, fail bigint, {rate} double, coverage double)"
        )
        con.execute("insert into history_nights values ('2026-11-20', null), ('2026-11-21', 'lost')")
        con.execute("insert into history_spans values ('c', '1', 'global', 'a', 'fail', '2026-11-20', '2026-11-20')")
        con.execute("insert into history_measures values ('2026-11-20', 'overall', '', 3, 1, 75, 100)")
    assert store.nights_known(tmp_path) == ({FIRST}, {date(2026, 11, 21): "lost"})
    with store.writing(tmp_path) as con:
        assert history.version(con) == state.VERSION
        assert con.execute("select pass_rate, coverage, controls_met from history_measures").fetchall() == [
            (75, 100, None)
        ]
        assert con.execute("select resource, from_as_of from history_spans").fetchall() == [("a", FIRST)]
        history.note_night(con, date(2026, 11, 22), None)
    assert store.nights_known(tmp_path)[0] == {FIRST, date(2026, 11, 22)}


def test_a_history_of_no_version_is_refused_with_what_makes_it_anew(tmp_path: Path) -> None:
    with store.writing(tmp_path) as con:
        con.execute("alter table history_spans drop column region")
    with pytest.raises(Refused, match=r"its history lacks history_spans\.region; `rolecall rebuild` makes it anew"):
        store.note_held_back(Night(tmp_path, FIRST), "lost")
