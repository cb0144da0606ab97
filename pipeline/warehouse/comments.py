"""The comments of tables and columns: what a header says, else what the tables further up say."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from pipeline.rows import quoted
from pipeline.schema import Dataset
from pipeline.warehouse.models import Catalog


def descriptions(catalog: Catalog, known: Mapping[str, Dataset]) -> dict[str, dict[str, str]]:
    """For each table, what its columns are: as its own header says, else as the tables it reads say."""
    said = {f"raw_{d.name}": {c.name: c.description for c in d.columns} for d in known.values()}
    for model in catalog.models.values():
        inherited: dict[str, str] = {}
        for read in model.reads:
            inherited |= said.get(read, {})
        said[model.name] = inherited | model.header.columns
    return said


def comment(con: duckdb.DuckDBPyConnection, table: str, title: str, columns: dict[str, str]) -> None:
    """Set the comments of a table and of those of its columns that have a description."""
    con.execute(f"comment on table {table} is {quoted(title)}")
    for column, *_ in con.execute(f"describe {table}").fetchall():
        if text := columns.get(column):
            con.execute(f'comment on column {table}."{column}" is {quoted(text)}')
