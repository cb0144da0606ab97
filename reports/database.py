"""A published database, opened read-only for the pages, with a scratch file for intermediate tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from pipeline.rows import quoted, stream
from pipeline.schema import Row

Connection = duckdb.DuckDBPyConnection

MEMORY = "1GB"
"""Above this limit DuckDB sorts on disk."""


class Reader:
    """Runs queries on one night of the database; `$as_of` in a query is its date."""

    def __init__(self, con: Connection, as_of: date) -> None:
        self._con = con
        self.as_of = as_of

    def execute(self, sql: str) -> Connection:
        """Run a query on its own cursor, so that several results can be read concurrently."""
        return self._cursor().execute(sql, self._given(sql))

    def _cursor(self) -> Connection:
        cursor = self._con.cursor()
        cursor.execute("set search_path = 'published.main,scratch.main'; set enable_progress_bar = false")
        return cursor

    def _given(self, sql: str) -> dict[str, Any]:
        return {"as_of": self.as_of} if "$as_of" in sql else {}

    def stream(self, sql: str) -> Iterator[Row]:
        return stream(self._cursor(), sql, **self._given(sql))

    def rows(self, sql: str) -> list[Row]:
        return list(self.stream(sql))

    def tonight(self, table: str) -> list[Row]:
        return self.rows(f"select * from {table} where as_of = $as_of order by all")

    def keep(self, name: str, sql: str) -> None:
        """Store the rows of a query as a table in the scratch file."""
        self.execute(f"create table scratch.{name} as {sql}")


@contextmanager
def opened(database: Path) -> Iterator[Reader]:
    """Open the newest night of a published database. Raises ValueError if it has none."""
    with TemporaryDirectory(prefix="rolecall-") as folder:
        settings: dict[str, Any] = {"temp_directory": f"{folder}/spill", "memory_limit": MEMORY}
        with duckdb.connect(f"{folder}/scratch.duckdb", config=settings) as con:
            con.execute(f"attach {quoted(str(database))} as published (read_only)")
            newest = con.execute("select max(as_of) from published.contract").fetchone()
            if not newest or newest[0] is None:
                raise ValueError(f"{database}: the table contract names no night")
            yield Reader(con, newest[0])


class Groups:
    """The rows of a sorted stream, taken key by key."""

    def __init__(self, rows: Iterator[Row], key: str) -> None:
        self._groups = groupby(rows, itemgetter(key))
        self._head = next(self._groups, None)

    def stream(self, key: str) -> Iterator[Row]:
        """The rows of this key, which must be greater than all earlier ones; rows of keys in between are skipped."""
        while self._head and self._head[0] < key:
            self._head = next(self._groups, None)
        return self._head[1] if self._head and self._head[0] == key else iter(())

    def take(self, key: str) -> list[Row]:
        return list(self.stream(key))
