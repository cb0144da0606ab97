"""Rows in and out of DuckDB, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from pipeline import facts
from pipeline.facts import _batches
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_numbers",
    "Numbers",
    "account",
    (),
    (Column("number", "bigint", "A number"), Column("words", "varchar[]", "Its words")),
    key=("number",),
)
QUERIES = {
    "numbers": "select i as number, ['n' || i, 'm'] as words from range(2500) as numbers (i) order by i desc",
    "few": "select i as number from range(3) as numbers (i)",
    "none": "select 1 as number where false",
}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("begin")
    return con


def fact(rows: Any) -> Any:
    return SimpleNamespace(TABLE=TABLE, QUERIES=QUERIES, JUDGES=(), rows=rows)


def test_rows_have_names_and_keep_their_order(con: duckdb.DuckDBPyConnection) -> None:
    with _batches.queried(con, QUERIES) as found:
        rows = list(found["numbers"])
        assert (rows[0], len(rows)) == ({"number": 2499, "words": ["n2499", "m"]}, 2500)
        assert [row["number"] for row in rows] == list(range(2499, -1, -1))
        assert list(found["none"]) == []
        assert len(list(found["numbers"])) == 2500


def test_several_queries_are_read_and_rows_are_written_meanwhile(con: duckdb.DuckDBPyConnection) -> None:
    def rows(found: facts.Queried) -> Iterator[Row]:
        for row, _ in zip(found["numbers"], found["numbers"], strict=True):
            yield row

    facts.build(con, fact(rows))
    counted = con.execute("select count(*), count(distinct number), min(words[1]) from fact_numbers").fetchall()
    assert counted == [(2500, 2500, "n0")]


def test_a_fact_takes_the_place_of_an_earlier_one_and_leaves_nothing_else(con: duckdb.DuckDBPyConnection) -> None:
    facts.build(con, fact(lambda found: iter(found["numbers"])))
    facts.build(con, fact(lambda found: ({"number": row["number"], "words": []} for row in found["few"])))
    assert con.execute("select number, words from fact_numbers").fetchall() == [(0, []), (1, []), (2, [])]
    facts.build(con, fact(lambda found: iter(found["none"])))
    assert con.execute("select count(*) from fact_numbers").fetchall() == [(0,)]
    assert con.execute("select table_name from duckdb_tables()").fetchall() == [("fact_numbers",)]


def test_a_row_must_have_the_columns_of_the_table(con: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(ValueError, match="fact_numbers: a row must have exactly the declared columns"):
        facts.build(con, fact(lambda found: iter(found["few"])))
    assert con.execute("select count(*) from duckdb_tables()").fetchall() == [(0,)]


def test_only_a_batch_of_rows_is_held_at_a_time(con: duckdb.DuckDBPyConnection) -> None:
    made = 0

    def rows(found: facts.Queried) -> Iterator[Row]:
        nonlocal made
        for row in found["numbers"]:
            made += 1
            yield row
            if made > _batches.BATCH_ROWS:
                written = con.execute("select count(*) from fact_numbers").fetchall()[0][0]
                assert made - written <= _batches.BATCH_ROWS

    facts.build(con, fact(rows))
    assert made == 2500
