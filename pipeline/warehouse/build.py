"""The warehouse: build a night, keep the history, publish the analysts' copy.

`warehouse.duckdb` has one writer. A night is one transaction: the models over that night's landing, and the history.
`rolecall.duckdb` is a copy of what is published, written aside and put in its place in one step, so that a reader
always sees a whole night and never holds the writer up.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline import collectors, facts, landing
from pipeline.night import Night
from pipeline.schema import Dataset
from pipeline.settings import Refused, Settings
from pipeline.warehouse import contracts, history
from pipeline.warehouse import models as catalog
from pipeline.warehouse.models import Catalog, Model

CONTRACT_VERSION = 1
WAREHOUSE, PUBLISHED = "warehouse.duckdb", "rolecall.duckdb"
PUBLISHED_LAYERS = {"views": "main", "staging": "staging", "intermediate": "intermediate"}
STORAGE_VERSION = "v1.5.0"

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True)
class Built:
    """One model of a build: rows and seconds."""

    name: str
    rows: int
    seconds: float


@dataclass
class Build:
    """The models of a night being made, over a connection in which raw_* are the night's landing."""

    con: Connection
    as_of: date
    settings: Settings
    models: Catalog
    descriptions: dict[str, dict[str, str]] = field(default_factory=dict)
    """What each column of each table is called: by the table's own header, else as further up."""

    def __post_init__(self) -> None:
        contracts.define_verdicts(self.con)

    def make(self, model: Model) -> Built:
        """Make one model. A control that gives a resource two verdicts, or a query that fails, is `Refused`."""
        started = time.perf_counter()
        try:
            if model.layer == "history":
                getattr(history, model.name.replace("history", "record"))(self.con, self.as_of)
            elif model.fact:
                facts.build(self.con, model.fact)
            else:
                with variables(self.con, self.params(model)):
                    sql = contracts.unpacked(self.con, model.sql, model.path) if model.control else model.sql
                    self.create(model.name, f"({sql})")
        except duckdb.Error as error:
            raise contracts.located(error, model.path, model.line) from error
        if model.control:
            contracts.check_built(self.con, model.name, model.path)
        if model.layer in PUBLISHED_LAYERS:
            comment(self.con, model.name, model.header.title, self.descriptions[model.name])
        return Built(model.name, count(self.con, model.name), time.perf_counter() - started)

    def create(self, name: str, source: str, made: pa.Table | None = None) -> None:
        """`create or replace table name as from source`; `made` is what the source 'made' means."""
        self.con.execute(f"create or replace table {name} as from {source}")

    def params(self, model: Model) -> dict[str, Any]:
        """The parameters of a model: its header's, with the settings' over them."""
        own = self.settings.controls.get(model.name)
        given = own.params if own else {}
        if unknown := sorted(given.keys() - model.header.params.keys()):
            allowed = ", ".join(model.header.params) or "none"
            raise Refused(f"Settings: controls.{model.name}.{unknown[0]}: no such parameter; it has {allowed}")
        return {**model.header.params, **given}


def build(
    settings: Settings,
    night: Night,
    only: Iterable[str] | None = None,
    on_model: Callable[[Built], None] | None = None,
) -> list[Built]:
    """Build a night from its landing: every model, or `only` the named ones and what they still lack.

    All in one transaction. Raises `Refused` for a night without a landing and for a model that cannot be built.
    """
    models = catalog.load()
    if unknown := sorted(set(settings.controls) - set(models.controls)):
        raise Refused(f"Settings: controls.{unknown[0]}: there is no such control; see `rolecall controls`")
    with writing(settings) as con:
        wanted = list(models.models.values()) if only is None else missing(con, models, night.as_of, set(only))
        landing.attach(con, night, collectors.datasets().values())
        with prepared(con, settings, night, models) as work:
            built = []
            for model in wanted:
                built.append(work.make(model))
                if on_model:
                    on_model(built[-1])
            con.execute("create or replace table built_night as select ? as as_of", [night.as_of])
    return built


def missing(con: Connection, models: Catalog, as_of: date, only: set[str]) -> list[Model]:
    """The models to build for `only`: those named, and those above them that are not there for this night."""
    there: set[str] = set()
    if holds(con) == as_of:
        there = {row[0] for row in con.execute("select table_name from duckdb_tables()").fetchall()}
    return [m for m in models.with_ancestors(only) if m.name in only or m.name not in there]


def holds(con: Connection) -> date | None:
    """The night whose tables are in the warehouse."""
    if not con.execute("select 1 from duckdb_tables() where table_name = 'built_night'").fetchone():
        return None
    row = con.execute("select as_of from built_night").fetchone()
    return row[0] if row else None


@contextmanager
def writing(settings: Settings) -> Iterator[Connection]:
    """The one writer's connection, in a transaction that ends with the block. Raises `Refused` where it is taken."""
    settings.home.mkdir(parents=True, exist_ok=True)
    path = settings.home / WAREHOUSE
    try:
        con = duckdb.connect(path)
    except duckdb.IOException as error:
        raise Refused(f"{path}: another program has it open ({error}); close it and run again") from error
    try:
        con.execute("set enable_progress_bar = false")
        history.prepare(con)
        con.execute("begin")
        yield con
        con.execute("commit")
    finally:
        con.close()


@contextmanager
def prepared(con: Connection, settings: Settings, night: Night, models: Catalog) -> Iterator[Build]:
    """A build of a night whose raw tables are there, with the catalog's own tables and the variables of models."""
    known = collectors.datasets()
    enabled = {n for n in models.controls if settings.controls.get(n) is None or settings.controls[n].enabled}
    work = Build(con, night.as_of, settings, models)
    work.descriptions = descriptions(models, known)
    tables = {"control_catalog": control_catalog(models, work, enabled), "control_needs": control_needs(models, known)}
    for name, made in tables.items():
        work.create(name, "made", made)
    own = {"enough_data": settings.enough_data, "contract_version": CONTRACT_VERSION}
    with variables(con, night.variables | own):
        yield work


def descriptions(models: Catalog, known: Mapping[str, Dataset]) -> dict[str, dict[str, str]]:
    """For each table, what its columns are: as its own header says, else as the tables it reads say."""
    said = {f"raw_{d.name}": {c.name: c.description for c in d.columns} for d in known.values()}
    for model in models.models.values():
        inherited: dict[str, str] = {}
        for read in model.reads:
            inherited |= said.get(read, {})
        said[model.name] = inherited | model.header.columns
    return said


def control_catalog(models: Catalog, work: Build, enabled: set[str]) -> pa.Table:
    """The controls as a table: header, query, and what they rest on."""
    rows = []
    for name, model in models.controls.items():
        head = model.control
        if head is None or name not in enabled:
            continue
        rows.append(
            {
                "control_id": name,
                "number": head.id,
                "title": head.title,
                "practice": head.practice,
                "practice_title": catalog.PRACTICES[head.practice],
                "severity": head.severity,
                "scope": head.scope,
                "why": head.why,
                "fix": head.fix,
                "may_break": head.may_break or None,
                "frameworks": json.dumps(head.frameworks),
                "params": json.dumps(work.params(model), default=str),
                "reads": sorted(models.datasets(name)),
                "query": model.sql,
            }
        )
    text = pa.string()
    types = dict.fromkeys(rows[0] if rows else (), text) | {"practice": pa.int64(), "reads": pa.list_(text)}
    return pa.Table.from_pylist(rows, schema=pa.schema(types.items()) if rows else None)


def control_needs(models: Catalog, known: Mapping[str, Dataset]) -> pa.Table:
    """Which datasets each control rests on, how and by which operations each is read, and if for management alone."""
    rows = [
        {
            "control_id": name,
            "dataset": dataset,
            "scope": of.scope,
            "of_management": model.control is not None and dataset in model.control.of_management,
            "operations": list(of.operations),
        }
        for name, model in models.controls.items()
        for dataset in sorted(models.datasets(name))
        if (of := known[dataset]).operations
    ]
    types = dict.fromkeys(("control_id", "dataset", "scope"), pa.string())
    types |= {"of_management": pa.bool_(), "operations": pa.list_(pa.string())}
    return pa.Table.from_pylist(rows, schema=pa.schema(types.items()))


@contextmanager
def variables(con: Connection, values: dict[str, Any]) -> Iterator[None]:
    """Session variables for the length of a block."""
    for name, value in values.items():
        con.execute(f"set variable {name} = ?", [value])
    yield
    for name in values:
        con.execute(f"reset variable {name}")


def count(con: Connection, table: str) -> int:
    row = con.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def comment(con: Connection, table: str, title: str, columns: dict[str, str]) -> None:
    """Set the comments of a table and of those of its columns that have a description."""
    con.execute(f"comment on table {table} is {quoted(title)}")
    for column, *_ in con.execute(f"describe {table}").fetchall():
        if text := columns.get(column):
            con.execute(f'comment on column {table}."{column}" is {quoted(text)}')


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def publish(settings: Settings, night: Night) -> tuple[Path, Night]:
    """Write `rolecall.duckdb` anew and put it in its place. Returns its path and the night it shows.

    The published night is always the newest judged: after an older one was judged again, the newest is rebuilt, so
    that its trend and first-seen dates are right.
    """
    with writing(settings) as con:
        newest = night.on(max(history.judged_dates(con), default=night.as_of))
        built = holds(con)
    if built != newest.as_of:
        build(settings, newest)
    target = settings.home / PUBLISHED
    aside = settings.home / f".{PUBLISHED}.{os.getpid()}"
    aside.unlink(missing_ok=True)
    copy(settings.home / WAREHOUSE, aside, catalog.load())
    os.replace(aside, target)
    return target, newest


def copy(warehouse: Path, target: Path, models: Catalog) -> None:
    """Copy the published tables with their comments into a new file that DuckDB 1.5 opens too."""
    con = duckdb.connect()
    con.execute(f"attach {quoted(str(warehouse))} as warehouse (read_only)")
    con.execute(f"attach {quoted(str(target))} as published (storage_version {quoted(STORAGE_VERSION)})")
    try:
        con.execute("use published")
        con.execute("begin")
        con.execute("create schema staging")
        con.execute("create schema intermediate")
        for model in models.models.values():
            if schema := PUBLISHED_LAYERS.get(model.layer):
                con.execute(f"create table {schema}.{model.name} as from warehouse.{model.name}")
                comments = con.execute(
                    "select column_name, comment from duckdb_columns() where database_name = 'warehouse' "
                    "and table_name = ? and comment is not null",
                    [model.name],
                ).fetchall()
                comment(con, f"{schema}.{model.name}", model.header.title, dict(comments))
        con.execute("commit")
        con.execute("use memory")
        con.execute("detach published")
    finally:
        con.close()


def note_blocked(settings: Settings, night: Night, reason: str) -> None:
    """Write down why a night is not published."""
    with writing(settings) as con:
        history.note_night(con, night.as_of, reason)


def blocked_after(settings: Settings, night: Night) -> tuple[date, str] | None:
    """The newest night after this one that was held back, and why; None also where there is no warehouse."""
    if not (settings.home / WAREHOUSE).exists():
        return None
    with writing(settings) as con:
        return history.blocked_after(con, night.as_of)


def shown(settings: Settings) -> Night:
    """The night that `rolecall.duckdb` shows. Raises `Refused` where nothing is published."""
    database = settings.home / PUBLISHED
    if not database.exists():
        raise Refused(f"{database}: nothing is published there yet; `rolecall run` does, or name another --home")
    try:
        with duckdb.connect(database, read_only=True) as con:
            row = con.execute("select as_of from contract").fetchone()
    except duckdb.Error as error:
        raise Refused(f"{database}: {str(error).splitlines()[0]}") from error
    if not row:
        raise Refused(f"{database}: it shows no night; `rolecall run` publishes one")
    return Night(settings.home, date.fromisoformat(str(row[0])))
