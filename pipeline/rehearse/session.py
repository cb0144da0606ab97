"""A night with a change, judged by the models of every night; and the same night as it was, beside it.

The warehouse is only read. What a change can reach is built anew in memory, over the night's landing with the edits;
everything else is the warehouse's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from pipeline import collectors, raw
from pipeline.night import WAREHOUSE, Night
from pipeline.publish import database
from pipeline.rehearse.edits import Edit
from pipeline.rows import quoted, rows
from pipeline.schema import Row
from pipeline.settings import Refused, Settings
from pipeline.warehouse import models, store
from pipeline.warehouse.build import CONTRACT_VERSION, Build
from pipeline.warehouse.control_tables import record_names
from pipeline.warehouse.models import Catalog, Model

KEY = "control_id, account_id, region, resource"
PERMISSIONS = ("int_permissions", "int_control_levels")
ALL = ("judgements", "measures", *PERMISSIONS)
TURNED = f"""
    select
        coalesce(earlier.control_id, later.control_id) as control_id,
        coalesce(earlier.practice, later.practice) as practice,
        controls.severity,
        coalesce(earlier.account_id, later.account_id) as account_id,
        coalesce(earlier.region, later.region) as region,
        coalesce(earlier.resource, later.resource) as resource,
        earlier.verdict as verdict_before,
        later.verdict as verdict_after,
        later.reason
    from warehouse.main.judgements as earlier
    full join memory.main.judgements as later using ({KEY})
    inner join control_catalog as controls
        on coalesce(earlier.control_id, later.control_id) = controls.control_id
    where earlier.verdict is distinct from later.verdict
    order by all"""
MEASURED = """
    select scope, practice, subject, critical, high, controls_met, accounts_met, accounts, coverage
    from {}.main.measures where scope in ('overall', 'practice')
    order by all"""


class RehearsalBuild(Build):
    """Builds models with the parameters that the controls had on the night."""

    given: dict[str, dict[str, Any]]

    def params(self, model: Model) -> dict[str, Any]:
        return self.given.get(model.name, model.header.params)


class Session:
    """The newest published night of a home. The raw tables are the landing's until `apply`."""

    def __init__(self, con: store.Connection, settings: Settings, night: Night) -> None:
        self.con, self.settings, self.night = con, settings, night
        self.catalog: Catalog = models.load()
        self.rebuilt: list[Model] = []
        self._attach()

    def _attach(self) -> None:
        con, home = self.con, self.night.home
        con.execute(f"attach {quoted(str(home / WAREHOUSE))} as warehouse (read_only)")
        self._look("warehouse.main")
        built = store.built_date(con)
        if built != self.night.as_of:
            helps = f"run `rolecall publish --as-of {self.night}`"
            raise Refused(
                f"{home / WAREHOUSE}: it holds the night of {built}, not {self.night}, which is published; {helps}"
            )
        moment = con.execute("select read_at from contract").fetchone()
        values = self.night.variables | {
            "read_at": moment[0] if moment else None,
            "min_coverage_to_score": self.settings.min_coverage_to_score,
            "knowledge_max_days": self.settings.knowledge_max_days,
            "contract_version": CONTRACT_VERSION,
        }
        for name, value in values.items():
            con.execute(f"set variable {name} = ?", [value])
        self.build = RehearsalBuild(con, self.night.as_of, self.settings, self.catalog)
        params = con.execute("select control_id, params from control_catalog").fetchall()
        self.build.given = {name: json.loads(text) for name, text in params}

    def _look(self, *schemas: str) -> None:
        self.con.execute(f"set search_path = {quoted(','.join(schemas))}")

    @contextmanager
    def before(self) -> Iterator[store.Connection]:
        """The connection, on the night as it was."""
        self._look("warehouse.main")
        yield self.con
        self._look("memory.main", "warehouse.main")

    def apply(self, edits: Sequence[Edit], wanted: Sequence[str] = ALL) -> None:
        """Make the edits on copies of the raw tables, and build of the `wanted` what depends on them. Raises
        `Refused`.
        """
        changed = {edit.dataset for edit in edits}
        reached = {f"raw_{name}" for name in changed}
        self.rebuilt = [one for one in self.catalog.with_ancestors(wanted) if reached & self.catalog.upstream[one.name]]
        self._look("memory.main", "warehouse.main")
        self._check_built()
        if self.night.landing_folder.exists():  # else the warehouse says where the rows are
            raw.attach(self.con, self.night, self._read(changed))
        for name in sorted(changed):
            self.con.execute(f"create table edited as from raw_{name}")
            self.con.execute(f"drop view if exists memory.main.raw_{name}")
            self.con.execute(f"alter table edited rename to raw_{name}")
        for model in self.rebuilt:
            if model.layer == "history":  # recorded again on a copy
                self.con.execute(f"create table {model.name} as from warehouse.main.{model.name}")
        for edit in edits:
            self.con.execute(edit.sql, dict(edit.values))
        self.build.create("record_names", record_names(self.con, collectors.datasets()))
        for model in self.rebuilt:
            self.build.make(model)

    def _check_built(self) -> None:
        """Raise `Refused` if the warehouse lacks a table: it is of another version."""
        query = "select table_name from information_schema.tables where table_catalog = 'warehouse'"
        known = {name for (name,) in self.con.execute(query).fetchall()} | {model.name for model in self.rebuilt}
        reads = {read for model in self.rebuilt for read in model.reads if not read.startswith("raw_")}
        if lacking := sorted(reads - known):
            problem = f"the night was judged by another version, without {lacking[0]}"
            raise Refused(f"{self.night.home / WAREHOUSE}: {problem}; run `rolecall run --judge-only`")

    def _read(self, changed: set[str]) -> list[Any]:
        """The datasets that are edited, that a rebuilt model reads, or that have unread records."""
        known = collectors.datasets()
        names = changed | {"unread_records"}
        names |= {
            read.removeprefix("raw_") for model in self.rebuilt for read in model.reads if read.startswith("raw_")
        }
        unread = self.con.execute("select distinct dataset from warehouse.main.raw_unread_records").fetchall()
        names |= {name for (name,) in unread}
        return [known[name] for name in sorted(names)]

    def turned(self) -> list[Row]:
        """The findings whose verdict the change turns."""
        return rows(self.con, TURNED)

    def judgements(self) -> list[Row]:
        """All judgements of the night with the change."""
        return rows(self.con, f"from judgements order by {KEY}")

    def measures(self) -> dict[str, list[Row]]:
        """The measures of the organization and of each best practice, before and after."""
        schemas = {"before": "warehouse", "after": "memory"}
        return {name: rows(self.con, MEASURED.format(schema)) for name, schema in schemas.items()}


@contextmanager
def opened(settings: Settings) -> Iterator[Session]:
    """The newest published night of the home. Raises `Refused` if there is none, or it cannot be opened."""
    night = database.shown(settings)
    with TemporaryDirectory(prefix="rolecall-") as spilled, duckdb.connect() as con:
        con.execute(f"set temp_directory = {quoted(spilled)}")
        con.execute("set enable_progress_bar = false")
        store.limit(con, settings)
        try:
            yield Session(con, settings, night)
        except duckdb.IOException as error:
            raise Refused(f"{settings.home / WAREHOUSE}: {str(error).splitlines()[0]}") from error
