"""Tables made in Python of what SQL cannot say, such as the policy language: built between intermediate and controls.

A module here is a table, `fact_<module>`. It offers:

TABLE      its columns
QUERIES    by name, what it selects from staging, intermediate and other fact tables
JUDGES     layers of the policies that its rows turn on, which `explain` may change to turn a verdict; () for none
rows       makes the rows of the table, given the rows that each query returns

Found by looking, not registered: a new fact is one file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, Protocol

import duckdb

from pipeline.facts._batches import queried, write
from pipeline.schema import Dataset, Row

Queried = Mapping[str, Iterable[Row]]
"""By name of the query, the rows that it returns, as {column: value}."""

PolicyLayer = Literal["identity", "boundary", "trust", "scp", "rcp"]
"""Where a policy stands with respect to the principal or role that it decides over."""


class Facts(Protocol):
    """What a module here offers."""

    __file__: str
    TABLE: Dataset
    QUERIES: Mapping[str, str]
    JUDGES: tuple[PolicyLayer, ...]

    def rows(self, tables: Queried) -> Iterator[Row]: ...


def discover() -> list[Facts]:
    """The modules of this package, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_")
    return [importlib.import_module(f"{__name__}.{name}") for name in names]  # type: ignore[misc]


def build(con: duckdb.DuckDBPyConnection, fact: Facts) -> None:
    """Make the table of a fact anew. What it reads and what it yields pass through memory in batches."""
    with queried(con, fact.QUERIES) as tables:
        write(con, fact.TABLE, fact.rows(tables))
