"""Rows from and to DuckDB by name, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice

import duckdb

from pipeline.rows import put
from pipeline.schema import Dataset, Row

BATCH_ROWS = 1_000


@contextmanager
def queried(con: duckdb.DuckDBPyConnection, queries: Mapping[str, str]) -> Iterator[Mapping[str, Iterable[Row]]]:
    """The rows of each query, by name. Several can be read concurrently, and repeatedly, during the block.

    A connection has only one open result, and only this connection sees the night's uncommitted tables. So each result
    is stored in a temporary table, which DuckDB moves to disk when it grows.
    """
    try:
        for name, query in queries.items():
            con.execute(f"create or replace temp table {_answer(name)} as {query}")
        yield {name: _Answer(con, name) for name in queries}
    finally:
        for name in queries:
            con.execute(f"drop table if exists temp.{_answer(name)}")


class _Answer:
    """The rows of one query."""

    def __init__(self, con: duckdb.DuckDBPyConnection, name: str) -> None:
        self._con, self._table = con, f"temp.{_answer(name)}"

    def __iter__(self) -> Iterator[Row]:
        ((first, count),) = self._con.execute(f"select min(rowid), count(*) from {self._table}").fetchall()
        for offset in range(0, count, BATCH_ROWS):
            start = first + offset
            chosen = f"rowid >= {start} and rowid < {start + BATCH_ROWS}"
            batch = self._con.sql(f"from {self._table} where {chosen}").to_arrow_table()
            if batch.num_rows != min(BATCH_ROWS, count - offset):
                raise RuntimeError(f"{self._table}: row ids are not consecutive from {start} on")
            yield from batch.to_pylist()


def _answer(name: str) -> str:
    return f"answer_{name}"


def write(con: duckdb.DuckDBPyConnection, table: Dataset, rows: Iterator[Row]) -> None:
    """Create or replace the table with these rows. JSON has its own type, so that evidence has none inside a text."""
    names = [f"{column.name}::json as {column.name}" for column in table.columns if column.type == "json"]
    typed = f"select * replace ({', '.join(names)}) from batch" if names else "from batch"
    put(con, f"create or replace table {table.name} as {typed}", table.table(islice(rows, BATCH_ROWS)))
    while batch := list(islice(rows, BATCH_ROWS)):
        put(con, f"insert into {table.name} from batch", table.table(batch))
