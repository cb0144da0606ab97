"""Tables made in Python, between the raw tables and the SQL: what SQL cannot say, such as the policy language.

A module here is a table, `fact_<module>`: `TABLE` declares it, `QUERIES` select what it needs, and `rows(found)`, given
what each of them found, makes its rows. Found by looking, not registered.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from pipeline.schema import Dataset, Row

Found = Mapping[str, list[tuple[Any, ...]]]
"""By name of the query, the rows that it found."""


class Facts(Protocol):
    """What a module here offers."""

    __file__: str
    TABLE: Dataset
    QUERIES: Mapping[str, str]

    def rows(self, found: Found) -> Iterator[Row]: ...


def discover() -> list[Facts]:
    """The modules of this package, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_")
    return [importlib.import_module(f"{__name__}.{name}") for name in names]  # type: ignore[misc]
