"""Re-runs one control on the published tables, with hypothetical changes.

Everything between a change and the control is rebuilt in memory by the same models as every night, so the verdict is
the control's own. The published database is only read; every change is rolled back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self

import duckdb

from pipeline.facts import PolicyLayer
from pipeline.rows import quoted
from pipeline.settings import Refused, Settings
from pipeline.warehouse import models
from pipeline.warehouse.build import Build
from pipeline.warehouse.models import PUBLISHED_LAYERS, Model

GONE = "gone"
"""Verdict if the control no longer returns the resource."""


@dataclass(frozen=True)
class Outcome:
    verdict: str
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict, compare=False)


class Change(Protocol):
    """A change of some tables. Hashable; `str` describes it."""

    TABLES: ClassVar[frozenset[str]]
    """The tables that `apply` writes to."""

    def apply(self, con: duckdb.DuckDBPyConnection, account_id: str) -> None: ...


@dataclass(frozen=True)
class Finding:
    """Identifies a finding."""

    control_id: str
    account_id: str
    region: str
    resource: str


class ReplayBuild(Build):
    """Rebuilds models over the published night. `given` are the parameters of the control, or of each by its id."""

    given: Mapping[str, Any]
    by_control: Mapping[str, Mapping[str, Any]] | None = None

    def params(self, model: Model) -> dict[str, Any]:
        if self.by_control is not None and model.control:
            return dict(self.by_control[model.name])
        return dict(self.given) if model.control else model.header.params


class Replay:
    """Re-runs one finding's control on the published tables. `tables` are those that changes may modify. With
    `account_only`, only rows of the finding's account and of the organization are used.

    Raises `Refused` if the published tables are not sufficient for the control.
    """

    def __init__(
        self,
        database: Path,
        finding: Finding,
        params: Mapping[str, Any],
        tables: frozenset[str] = frozenset(),
        account_only: bool = False,
    ) -> None:
        self.finding, self.given, self.count = finding, dict(params), 0
        self._models = models.load()
        self._tables, self._account_only = tables, account_only
        self._answers: dict[frozenset[Change], Outcome] = {}
        between = self._between()
        self._rebuilt = [model for model in between if model.name in self.judged or self._is_reached(model)]
        self.con = duckdb.connect()
        try:
            self.con.execute(f"attach {quoted(str(database))} as published (read_only)")
            self.con.execute("set search_path = 'memory.main,published.staging,published.intermediate,published.main'")
            ((as_of, read_at),) = self.con.execute("select as_of, read_at from published.main.contract").fetchall()
            self.con.execute("set variable as_of = ?", [as_of])
            self.con.execute("set variable read_at = ?", [read_at])
            self._build = ReplayBuild(self.con, as_of, Settings.model_construct(), self._models)
            self._copy(between)
            for model in between:
                if model not in self._rebuilt:
                    self._build.make(model)
        except duckdb.Error as error:
            self.con.close()
            raise Refused(f"{database}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.con.close()

    @property
    def control(self) -> Model:
        return self._models.models[self.finding.control_id]

    @property
    def judged(self) -> frozenset[str]:
        """The controls that are run again."""
        return frozenset({self.finding.control_id})

    @property
    def judges(self) -> frozenset[PolicyLayer]:
        """Layers of policies that the control depends on, as declared by the facts it uses."""
        above = (self._models.models.get(name) for name in self._models.upstream[self.finding.control_id])
        return frozenset(layer for model in above if model and model.fact for layer in model.fact.JUDGES)

    def judge(self, changes: Iterable[Change] = (), params: Mapping[str, Any] | None = None) -> Outcome:
        """Run the control with these changes and parameters. Returns the verdict on the resource. Raises `Refused`."""
        chosen = frozenset(changes)
        if not params and chosen in self._answers:
            return self._answers[chosen]
        self.count += 1
        self._build.given = self.given | dict(params or {})
        self.con.execute("begin")
        try:
            for change in sorted(chosen, key=str):
                change.apply(self.con, self.finding.account_id)
            for model in self._rebuilt:
                self._build.make(model)
            outcome = self._outcome()
        except duckdb.Error as error:
            raise Refused(f"{self.finding.control_id}: {error}") from error
        finally:
            self.con.execute("rollback")
        if not params:
            self._answers[chosen] = outcome
        return outcome

    def _outcome(self) -> Outcome:
        control, account_id, region, resource = astuple(self.finding)
        key = {"account_id": account_id, "resource": resource}
        if "region" in self._columns(control):
            key["region"] = region
        query = f"select verdict, reason, evidence::varchar from {control} where "
        rows = self.con.execute(query + " and ".join(f"{name} = ${name}" for name in key), key).fetchall()
        for verdict, reason, evidence in rows:
            return Outcome(verdict, reason, json.loads(evidence or "{}"))
        return Outcome(GONE)

    def _columns(self, table: str) -> set[str]:
        return {name for name, *_ in self.con.execute(f"describe {table}").fetchall()}

    def _is_reached(self, model: Model) -> bool:
        """Whether a change of `tables` could change the model."""
        return not self._tables.isdisjoint(self._models.upstream[model.name])

    def _between(self) -> list[Model]:
        """The models to rebuild, in order: the control, those affected by a change, and those not published."""
        needed, lacking = set[str](), set[str]()
        todo = sorted(self.judged)
        while todo:
            name = todo.pop()
            if name in needed or name in self._tables or self._stand_in(name):
                continue
            model = self._models.models.get(name)
            if model is None or model.layer == "history":
                lacking.add(name)
            elif model.name in self.judged or self._is_reached(model) or model.layer not in PUBLISHED_LAYERS:
                needed.add(name)
                todo += model.reads
        if lacking:
            raise Refused(
                f"{', '.join(sorted(self.judged))} cannot be judged anew: {', '.join(sorted(lacking))} is not published"
            )
        return [model for model in self._models.models.values() if model.name in needed]

    def _stand_in(self, name: str) -> str | None:
        """The published staging model with the same columns as a raw table."""
        twin = self._models.models.get(name.replace("raw_", "stg_", 1))
        return twin.name if twin and name in twin.reads else None

    def _copy(self, between: list[Model]) -> None:
        """Copy to memory the tables that changes may modify or, for the account only, all that the models read."""
        copied = {model.name for model in between}
        read = {name for model in between for name in model.reads} - copied
        stand_ins = {name: twin for name in read if (twin := self._stand_in(name))}
        for name in sorted((read - stand_ins.keys()) | set(stand_ins.values()) | self._tables):
            if self._account_only or name in self._tables:
                self.con.execute(f"create table {name} as from {name} {self._cut(name)}")
        for name, twin in stand_ins.items():
            self.con.execute(f"create view {name} as from {twin}")

    def _cut(self, table: str) -> str:
        """The condition for the account's own rows. In the register, `account_id` can be another account."""
        columns = self._columns(table)
        if not self._account_only or "account_id" not in columns or table == "stg_register":
            return ""
        or_management = " or is_management" if "is_management" in columns else ""
        return f"where account_id = {quoted(self.finding.account_id)}{or_management}"
