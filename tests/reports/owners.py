"""Owners with hostile names, and queries on a published database, for tests of the report."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tests.reports.rows import FORMULA

HOSTILE_OWNERS = ["", FORMULA, "R&D <lead>"]


def ask(database: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database), read_only=True) as con:
        return con.execute(sql, values).fetchall()
