"""Tables built in Python because SQL cannot express them (the policy language), between intermediate and controls.

A module here is a table, `fact_<module>`. It defines:

TABLE      its columns
QUERIES    queries by name, on staging, intermediate and other fact tables
JUDGES     layers of policies that its rows depend on, which `explain` may change; () for none
rows       builds the rows of the table from the results of the queries

Modules are discovered: a new fact is one file.
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
"""The rows of each query, by name, as {column: value}."""

PolicyLayer = Literal["identity", "boundary", "trust", "scp", "rcp"]
"""The role of a policy in deciding about a principal or role."""


class Facts(Protocol):
    """The interface of a module here."""

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
    """Rebuild the table of a fact. Input and output pass through memory in batches."""
    with queried(con, fact.QUERIES) as tables:
        write(con, fact.TABLE, fact.rows(tables))
