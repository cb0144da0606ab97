"""Builds a night in the warehouse: its models and the history, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from pipeline import collectors, facts, raw
from pipeline.night import Night
from pipeline.rows import put
from pipeline.settings import Settings
from pipeline.warehouse import contracts, history, invariants, models, parameters, store
from pipeline.warehouse.comments import Comments, comment
from pipeline.warehouse.control_tables import control_catalog, control_needs, record_names
from pipeline.warehouse.models import PUBLISHED_LAYERS, Catalog, Model

CONTRACT_VERSION = 2
PART_ROWS = 200_000
"""Results of controls that are judged at once: about 400 MB of memory."""


@dataclass(frozen=True)
class Built:
    """A built model: its rows, and the seconds it took."""

    name: str
    rows: int
    seconds: float


@dataclass
class Build:
    """Builds models on a connection in which raw_* are the night's landing."""

    con: store.Connection
    as_of: date
    settings: Settings
    catalog: Catalog
    comments: Comments | None = None
    """Column comments of published tables; None if nothing will be published."""

    def __post_init__(self) -> None:
        contracts.define_macros(self.con)

    def make(self, model: Model) -> Built:
        """Build one model. Raises `Refused` for a failing query, or a control that gives a resource two verdicts."""
        started = time.perf_counter()
        try:
            self._make(model)
        except duckdb.Error as error:
            raise contracts.located(error, model.path, model.line) from error
        if model.control:
            contracts.check_built(self.con, model.name, model.path)
        if self.comments is not None and model.layer in PUBLISHED_LAYERS:
            comment(self.con, model.name, model.header.title, self.comments[model.name])
        return Built(model.name, store.count(self.con, model.name), time.perf_counter() - started)

    def _make(self, model: Model) -> None:
        if record := history.RECORDERS.get(model.name):
            record(self.con, self.as_of)
        elif model.fact:
            facts.build(self.con, model.fact)
        elif model.header.by_controls:
            self._make_by_controls(model)
        else:
            with store.variables(self.con, self.params(model)):
                sql = contracts.unpacked(self.con, model.sql, model.path) if model.control else model.sql
                kind = "view" if model.is_view else "table"
                store.make_way(self.con, model.name, kind)
                self.con.execute(f"create or replace {kind} {model.name} as from ({sql})")

    def _make_by_controls(self, model: Model) -> None:
        """Build a table for as many controls at a time as have `PART_ROWS` results together, in their order."""
        store.make_way(self.con, model.name, "table")
        makes = f"create or replace table {model.name} as"
        for part in self._parts:
            with store.variables(self.con, {"part": part}):
                self.con.execute(f"{makes} from ({model.sql})")
            makes = f"insert into {model.name}"

    @cached_property
    def _parts(self) -> list[list[str]]:
        return parts(self.con)

    def create(self, name: str, rows: pa.Table) -> None:
        """Create a table with these rows."""
        put(self.con, f"create or replace table {name} as from batch", rows)

    def params(self, model: Model) -> dict[str, Any]:
        """The parameters of a model: the header's, overridden by the settings."""
        return parameters.of_control(self.settings, model.name, model.header.params)


def parts(con: store.Connection) -> list[list[str]]:
    """The controls by practice, in lists that have `PART_ROWS` results together, or one control; at least one list."""
    counted = con.execute(
        "select control_id, (select count(*) from control_results as r where r.control_id = c.control_id) "
        "from control_catalog as c order by practice, control_id"
    ).fetchall()
    found: list[list[str]] = [[]]
    total = 0
    for control, count in counted:
        total += count
        if found[-1] and total > PART_ROWS:
            found.append([])
            total = count
        found[-1].append(control)
    return found


def build(
    settings: Settings,
    night: Night,
    only: Iterable[str] | None = None,
    on_model: Callable[[Built], None] | None = None,
) -> list[Built]:
    """Build a night from its landing: every model, or `only` the named ones and missing upstream models.

    All in one transaction. Raises `Refused` for a night without a landing and for a model that cannot be built.
    """
    catalog = models.load()
    parameters.check(settings, catalog)
    with store.writing(night.home) as con:
        store.limit(con, settings)
        to_build = list(catalog.models.values()) if only is None else missing(con, catalog, night.as_of, set(only))
        raw.attach(con, night, collectors.datasets().values())
        with prepared(con, settings, night, catalog, read_at(con, night.as_of)) as work:
            built = []
            for model in to_build:
                built.append(work.make(model))
                if on_model:
                    on_model(built[-1])
            if only is None:
                invariants.check(con, night.as_of)
    return built


def missing(con: store.Connection, catalog: Catalog, as_of: date, only: set[str]) -> list[Model]:
    """The models to build for `only`: the named ones, and their upstream models that this night lacks."""
    existing: set[str] = set()
    if store.built_date(con) == as_of:
        existing = {row[0] for row in con.execute("select table_name from duckdb_tables()").fetchall()}
    return [m for m in catalog.with_ancestors(only) if m.name in only or m.name not in existing]


def read_at(con: store.Connection, as_of: date) -> datetime | None:
    """The time of the night's last response, by AWS's clock (UTC), because the date of a night is local."""
    row = con.execute("select max(data_time) from raw_ledger where data_time < ?::date + 4", [as_of]).fetchone()
    return row[0] if row else None


@contextmanager
def prepared(
    con: store.Connection, settings: Settings, night: Night, catalog: Catalog, read_at: datetime | None = None
) -> Iterator[Build]:
    """A build of a night with existing raw tables, with the catalog tables and the variables of models.

    `read_at` (UTC) is the reference time for ages; by default the end of the night's date.
    """
    datasets = collectors.datasets()
    work = Build(con, night.as_of, settings, catalog, Comments(con, catalog, datasets.values()))
    enabled = [n for n in catalog.controls if settings.controls.get(n) is None or settings.controls[n].enabled]
    params = {name: work.params(catalog.controls[name]) for name in enabled}
    work.create("control_catalog", control_catalog(catalog, params))
    work.create("control_needs", control_needs(catalog, datasets))
    work.create("record_names", record_names(con, datasets))
    con.execute("create or replace table built_night as select ? as as_of", [night.as_of])
    own = {
        "min_coverage_to_score": settings.min_coverage_to_score,
        "knowledge_max_days": settings.knowledge_max_days,
        "contract_version": CONTRACT_VERSION,
    }
    moment = {"read_at": read_at} if read_at else {}
    with store.variables(con, night.variables | own | moment):
        yield work
