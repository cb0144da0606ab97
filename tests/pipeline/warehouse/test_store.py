"""The version of the engine, readers beside each other, and nights that are held back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from assets.cli import main
from assets.cli.app import REFUSED
from pipeline.night import WAREHOUSE, Night
from pipeline.settings import Refused
from pipeline.warehouse import history, store

FIRST = date(2026, 11, 20)


@pytest.mark.parametrize("version", ["1.5.2", "2.0.0", "2.0.0.dev7"])
def test_an_engine_that_loses_rows_is_refused(version: str) -> None:
    with pytest.raises(Refused, match=rf"DuckDB {version} is installed.*pip install 'duckdb>=2\.0\.1'"):
        store.check_engine(version)


@pytest.mark.parametrize("version", ["2.0.1", "2.0.10", "2.1.0.dev3", "3.0.0", duckdb.__version__])
def test_a_newer_one_is_taken(version: str) -> None:
    store.check_engine(version)


def test_a_run_refuses_it_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(store, "OLDEST", (99, 0, 0))
    result = CliRunner().invoke(main.app, ["run", "--home", str(tmp_path)])
    assert result.exit_code == REFUSED
    (sentence,) = result.stderr.strip().splitlines()
    assert sentence.startswith(f"rolecall: DuckDB {duckdb.__version__} is installed, and it can lose findings")


def test_readers_stand_beside_each_other_and_a_writer_keeps_them_out(tmp_path: Path) -> None:
    with store.writing(tmp_path) as con:
        history.note_night(con, FIRST, None)
    with store.reading(tmp_path) as one, store.reading(tmp_path) as other:
        assert history.judged_dates(one) == history.judged_dates(other) == [FIRST]


def test_what_was_written_before_an_error_is_not_there(tmp_path: Path) -> None:
    with store.writing(tmp_path):
        pass

    def break_off() -> None:
        with store.writing(tmp_path) as con:
            history.note_night(con, FIRST, None)
            raise KeyError

    with pytest.raises(KeyError):
        break_off()
    with store.reading(tmp_path) as con:
        assert history.judged_dates(con) == []


def test_the_newest_night_held_back_since(tmp_path: Path) -> None:
    night = Night(tmp_path, FIRST)
    assert store.held_back_after(night) is None
    later = night.on(date(2026, 11, 22))
    store.note_held_back(later, "2 keys twice")
    assert store.held_back_after(night) == (later, "2 keys twice")
    assert store.held_back_after(later) is None


def test_an_older_warehouse_is_read_as_it_is_and_renamed_when_written(tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / WAREHOUSE) as con:
        con.execute("create table history_nights (as_of date primary key, blocked_reason varchar)")
        con.execute("insert into history_nights values ('2026-11-20', null), ('2026-11-22', 'lost')")
    later = Night(tmp_path, date(2026, 11, 22))
    assert store.held_back_after(Night(tmp_path, FIRST)) == (later, "lost")
    with store.writing(tmp_path) as con:
        assert history.judged_dates(con) == [FIRST]
        assert con.execute("select held_back_reason from history_nights order by as_of").fetchall() == [
            (None,),
            ("lost",),
        ]


def test_a_night_taken_out_leaves_the_history_of_the_others(tmp_path: Path) -> None:
    second = date(2026, 11, 21)
    with store.writing(tmp_path) as con:
        for as_of in (FIRST, second):
            con.execute(
                "create or replace table judgements as select 'c' as control_id, '1' as account_id, "
                "'global' as region, 'a' as resource, 'fail' as verdict"
            )
            history.record_spans(con, as_of)
            history.note_night(con, as_of, None)
    store.take_out(Night(tmp_path, second))
    with store.reading(tmp_path) as con:
        assert history.judged_dates(con) == [FIRST]
        assert con.execute("select from_as_of, to_as_of from history_spans").fetchall() == [(FIRST, FIRST)]


@pytest.mark.parametrize("content", [b"", b"noise", bytes(20_000)])
def test_a_damaged_warehouse_is_called_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / WAREHOUSE).write_bytes(content)
    for opened in (store.reading, store.writing):
        with (
            pytest.raises(Refused, match=r"warehouse\.duckdb: it is damaged .+ from what has landed$"),
            opened(tmp_path),
        ):
            pass


def test_the_space_of_replaced_tables_is_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "LEAST_FREE", 0)
    with store.writing(tmp_path) as con:
        con.execute("create table large as select random() as x from range(1_000_000)")
        con.execute("comment on table large is 'it says what it is'")
    before = (tmp_path / WAREHOUSE).stat().st_size
    with store.writing(tmp_path) as con:
        con.execute("create table small as select 42 as x")
        con.execute("drop table large")
        con.execute("comment on table small is 'it says what it is'")
        history.note_night(con, FIRST, None)
    assert (tmp_path / WAREHOUSE).stat().st_size < before / 3
    assert [path.name for path in tmp_path.iterdir()] == [WAREHOUSE]
    with store.reading(tmp_path) as con:
        assert con.execute("from small").fetchall() == [(42,)]
        assert con.execute("select comment from duckdb_tables() where table_name = 'small'").fetchall() == [
            ("it says what it is",)
        ]
        assert history.judged_dates(con) == [FIRST]
    with store.writing(tmp_path) as con:
        history.note_night(con, FIRST, None)  # its primary key is there still
    assert store.nights_known(tmp_path) == ({FIRST}, {})
