"""Rows out of DuckDB and into it, by name; and texts as literals of SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.schema import Row


def quoted(text: str) -> str:
    """A text as a literal of SQL: `it's` is `'it''s'`."""
    return "'" + text.replace("'", "''") + "'"


FETCHED = 2_000
"""Rows that `stream` holds at a time."""


def stream(con: duckdb.DuckDBPyConnection, query: str, **parameters: Any) -> Iterator[Row]:
    """The rows of a query by the names of its columns, as they are read; `given` are its `$parameters`."""
    result = con.execute(query, parameters)
    names = [column[0] for column in result.description or []]
    while many := result.fetchmany(FETCHED):
        yield from (dict(zip(names, values, strict=True)) for values in many)


def rows(con: duckdb.DuckDBPyConnection, query: str, **parameters: Any) -> list[Row]:
    """The rows of a query by the names of its columns."""
    return list(stream(con, query, **parameters))


def put(con: duckdb.DuckDBPyConnection, statement: str, table: pa.Table) -> None:
    """Run a statement in which `batch` is this Arrow table."""
    # DuckDB registers nothing while a result is open, that of a statement without rows included.
    con.complete()
    con.register("batch", table)
    con.execute(statement)
    con.complete()
    con.unregister("batch")
