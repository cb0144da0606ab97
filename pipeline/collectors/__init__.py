"""Collectors of AWS data: one module for the datasets that come from the same calls.

A module defines `DATASETS` and `collect(account) -> {dataset name: rows}`. It succeeds or fails as a whole: a
`CallFailed` from `collect` fails all of its datasets in that account, and no others. Modules are discovered: a new file
here is a new dataset. Names that begin with an underscore are helpers.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from pipeline.aws.account import Account
from pipeline.schema import SYSTEM, Dataset, Row, Scope

Rows = dict[str, list[Row]]


@dataclass(frozen=True)
class Collector:
    """One module: its datasets, its scope, and its `collect`."""

    name: str
    datasets: tuple[Dataset, ...]
    scope: Scope
    collect: Callable[[Account], Rows]


@cache
def discover() -> tuple[Collector, ...]:
    """Every collector of this folder, by name."""
    names = sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))
    return tuple(_load(name) for name in names)


@cache
def datasets() -> dict[str, Dataset]:
    """Every raw dataset by name: the collected ones and those of the run itself."""
    declared = [d for collector in discover() for d in collector.datasets] + list(SYSTEM)
    names = [d.name for d in declared]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TypeError(f"pipeline/collectors: declared more than once: {', '.join(twice)}")
    return {d.name: d for d in declared}


def operations(*scopes: Scope) -> set[str]:
    """The API operations of all datasets of these scopes."""
    return {operation for d in datasets().values() if d.scope in scopes for operation in d.operations}


def _load(name: str) -> Collector:
    module = importlib.import_module(f"{__name__}.{name}")
    declared: tuple[Dataset, ...] = module.DATASETS
    scopes = {d.scope for d in declared}
    if len(scopes) != 1:
        raise TypeError(f"{module.__name__}: its datasets must have one and the same scope, not {sorted(scopes)}")
    return Collector(name, declared, declared[0].scope, module.collect)
