"""The parts in which a table of all controls is built."""

from __future__ import annotations

import duckdb
import pytest

from pipeline.warehouse import build

RESULTS = {"a": 3, "b": 2, "c": 9, "d": 0, "e": 1}


@pytest.mark.parametrize(
    ("most", "parts"),
    [(1, ["a", "b", "c", "de"]), (5, ["ab", "c", "de"]), (10, ["ab", "cde"]), (15, ["abcde"])],
)
def test_every_control_is_in_one_part_and_parts_are_no_larger_than_they_may_be(
    monkeypatch: pytest.MonkeyPatch, most: int, parts: list[str]
) -> None:
    monkeypatch.setattr(build, "PART_ROWS", most)
    with duckdb.connect() as con:
        con.execute(
            "create table control_results (control_id varchar);"
            "create table control_catalog (control_id varchar, practice integer)"
        )
        for control, results in RESULTS.items():
            con.execute("insert into control_catalog values (?, 1)", [control])
            con.execute("insert into control_results select ? from range(?)", [control, results])
        assert build.parts(con) == [list(part) for part in parts]


def test_without_controls_there_is_one_empty_part() -> None:
    with duckdb.connect() as con:
        con.execute(
            "create table control_results (control_id varchar);"
            "create table control_catalog (control_id varchar, practice integer)"
        )
        assert build.parts(con) == [[]]
