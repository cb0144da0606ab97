"""Access to `warehouse.duckdb`: one writer or many readers, and queries that need no build."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipeline import state
from pipeline.night import WAREHOUSE, Night
from pipeline.rows import quoted
from pipeline.settings import Refused, Settings
from pipeline.warehouse import history

Connection = duckdb.DuckDBPyConnection

MOST_BLOCKS = 1.5
"""Blocks of the file for each one in use."""
LEAST_FREE = 256
"""Free blocks (64 MiB) that are not worth a copy."""
OLDEST = (2, 0, 1)
"""Before 2.0.1, DuckDB can omit rows from joins in the transaction that wrote them: a night without findings."""


def check_engine(version: str = duckdb.__version__) -> None:
    """Raise `Refused` if the version of DuckDB is too old."""
    numbers = tuple(int(part) if part.isdigit() else 0 for part in version.split(".")[:3])
    if numbers < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise Refused(
            f"DuckDB {version} is installed, and it can lose findings of a night; "
            f"install {needed} or newer: pip install 'duckdb>={needed}'"
        )


@contextmanager
def writing(home: Path) -> Iterator[Connection]:
    """The writer's connection, in a transaction that ends with the block. Raises `Refused` if it is in use or newer.

    Where a third of a large file is then free, the space of replaced tables is given back.
    """
    check_engine()
    home.mkdir(parents=True, exist_ok=True)
    with _connected(home / WAREHOUSE, read_only=False) as con:
        con.execute("set enable_progress_bar = false")
        history.prepare(con)
        if lacking := history.lacking(con):
            problem = f"{home / WAREHOUSE}: its history lacks {', '.join(lacking)}"
            raise Refused(f"{problem}; `rolecall rebuild` makes it anew from what has landed")
        con.execute("begin")
        yield con
        con.execute("commit")
        con.execute("checkpoint")
        total, used = con.execute("select total_blocks, used_blocks from pragma_database_size()").fetchone() or (0, 0)
    if total > max(MOST_BLOCKS * used, used + LEAST_FREE):
        with suppress(duckdb.Error, OSError):  # the night is judged all the same
            _compact(home / WAREHOUSE)


def _compact(path: Path) -> None:
    """Replace a database by a copy without free space, at once; readers keep what they have open."""
    copy = path.with_suffix(".compact")
    copy.unlink(missing_ok=True)
    with duckdb.connect() as con:
        con.execute(f"attach {quoted(str(path))} as old (read_only)")
        con.execute(f"attach {quoted(str(copy))} as new")
        con.execute("copy from database old to new")
    os.replace(copy, path)


def limit(con: Connection, settings: Settings) -> None:
    """Hold DuckDB to the memory and the threads of the settings."""
    for name in ("memory_limit", "threads"):
        if (value := getattr(settings, name)) is not None:
            con.execute(f"set {name} = {quoted(str(value))}")


@contextmanager
def reading(home: Path) -> Iterator[Connection]:
    """A read-only connection, shared with other readers. Raises `Refused` if a writer has the warehouse open."""
    with _connected(home / WAREHOUSE, read_only=True) as con:
        yield con


@contextmanager
def published(database: Path, schemas: str = "main") -> Iterator[Connection]:
    """A copy for readers, read-only, without access to other files; names are looked for in these schemas.

    Raises `Refused` if it does not exist or cannot be opened.
    """
    if not database.exists():
        raise Refused(f"{database}: nothing is published there yet; `rolecall run` does, or name another --home")
    try:
        con = duckdb.connect(database, read_only=True, config={"enable_external_access": False})
    except duckdb.Error as error:
        raise Refused(f"{database}: {str(error).splitlines()[0]}") from error
    with con:
        con.execute(f"set enable_progress_bar = false; set search_path = '{schemas}'; set lock_configuration = true")
        yield con


@contextmanager
def _connected(path: Path, read_only: bool) -> Iterator[Connection]:
    try:
        con = duckdb.connect(path, read_only=read_only)
    except duckdb.IOException as error:
        if "set lock on file" in str(error):
            raise Refused(f"{path}: another program has it open ({error}); close it and run again") from error
        helps = "move it away: the next run makes it anew from what has landed"
        raise Refused(f"{path}: it is damaged ({str(error).splitlines()[0]}); {helps}") from error
    try:
        state.check_version(path, history.version(con))
        yield con
    finally:
        con.close()


@contextmanager
def variables(con: Connection, values: dict[str, Any]) -> Iterator[None]:
    """Set session variables during a block."""
    for name, value in values.items():
        con.execute(f"set variable {name} = ?", [value])
    yield
    for name in values:
        con.execute(f"reset variable {name}")


def count(con: Connection, table: str) -> int:
    """The number of rows of a table."""
    row = con.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def make_way(con: Connection, name: str, kind: str) -> None:
    """Drop the table of this name for a view, or the view for a table, as an earlier version may have left it."""
    other = "table" if kind == "view" else "view"
    if con.execute(f"select 1 from duckdb_{other}s() where {other}_name = ?", [name]).fetchone():
        con.execute(f"drop {other} {name}")


def built_date(con: Connection) -> date | None:
    """The date of the night whose tables are in the warehouse."""
    if not con.execute("select 1 from duckdb_tables() where table_name = 'built_night'").fetchone():
        return None
    row = con.execute("select as_of from built_night").fetchone()
    return row[0] if row else None


def note_held_back(night: Night, reason: str) -> None:
    """Record why a night is not published."""
    with writing(night.home) as con:
        history.note_night(con, night.as_of, reason)


def take_out(night: Night) -> None:
    """Remove a judged night from the history, because it must not be published."""
    with writing(night.home) as con:
        history.take_out(con, night.as_of)


def nights_known(home: Path) -> tuple[set[date], dict[date, str]]:
    """The dates of the nights judged, and why others were held back, by date; neither without a warehouse."""
    state.check(home)
    if not (home / WAREHOUSE).exists():
        return set(), {}
    with reading(home) as con:
        return set(history.judged_dates(con)), history.held_back(con)


def held_back_after(night: Night) -> tuple[Night, str] | None:
    """The newest held-back night after this one, with its reason; None also if there is no warehouse."""
    if not (night.home / WAREHOUSE).exists():
        return None
    with reading(night.home) as con:
        held_back = history.held_back_after(con, night.as_of)
    return (night.on(held_back[0]), held_back[1]) if held_back else None
