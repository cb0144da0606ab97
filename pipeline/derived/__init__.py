"""Tables made in Python, between the raw tables and the SQL: what SQL cannot say, such as the policy language.

A module here is a table of its own name: `TABLE` declares it, `QUERY` selects what it needs from raw tables, and
`rows(found)` turns that into its rows. Found by looking, not registered.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from pipeline.schema import Dataset, Row


class Derived(Protocol):
    """What a module here offers."""

    TABLE: Dataset
    QUERY: str

    def rows(self, found: Iterable[tuple[Any, ...]]) -> Iterator[Row]: ...


def discover() -> list[Derived]:
    """The modules of this package, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return [importlib.import_module(f"{__name__}.{name}") for name in names]  # type: ignore[misc]
