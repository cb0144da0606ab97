"""Reading rows from DuckDB and writing them, by column name; quoting of SQL literals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.schema import Row


def quoted(text: str) -> str:
    """A text as an SQL literal: `it's` becomes `'it''s'`."""
    return "'" + text.replace("'", "''") + "'"


Grouped = dict[Any, list[Row]]


def group(rows: Iterable[Row], key: str) -> Grouped:
    """The rows by their value of a column."""
    groups: Grouped = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return groups


FETCHED = 2_000
"""Number of rows that `stream` fetches at a time."""


def stream(con: duckdb.DuckDBPyConnection, query: str, **parameters: Any) -> Iterator[Row]:
    """Stream the rows of a query as dicts; `parameters` are its `$parameters`."""
    result = con.execute(query, parameters)
    names = [column[0] for column in result.description or []]
    while many := result.fetchmany(FETCHED):
        yield from (dict(zip(names, values, strict=True)) for values in many)


def rows(con: duckdb.DuckDBPyConnection, query: str, **parameters: Any) -> list[Row]:
    """All rows of a query as dicts."""
    return list(stream(con, query, **parameters))


def put(con: duckdb.DuckDBPyConnection, statement: str, table: pa.Table) -> None:
    """Run a statement that reads this Arrow table as `batch`."""
    # DuckDB registers nothing while a result is open, that of a statement without rows included.
    con.complete()
    con.register("batch", table)
    con.execute(statement)
    con.complete()
    con.unregister("batch")
