"""A control judged anew over the published tables, as they are or changed: what its verdict on a resource would be if.

What lies between a change and the control is made again in memory by the models that make it every night, and nothing
else, so a verdict here is the control's own. The published database is only read; every answer is rolled back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import duckdb

from pipeline.rows import quoted
from pipeline.settings import Refused, Settings
from pipeline.warehouse import models
from pipeline.warehouse.build import Build
from pipeline.warehouse.models import PUBLISHED_LAYERS, Model

STAND_INS = {
    "raw_accounts": "select account_id from published.intermediate.int_accounts",
    "raw_organization": """
        select split_part(arn, '/', 2) as organization_id, account_id as management_account_id
        from published.intermediate.int_accounts
        where is_management""",
    # A type that is switched off is attached nowhere; one that is on is, for AWS attaches its own policy to the root.
    "raw_organization_roots": """
        select list(distinct policy_type) as enabled_policy_types
        from published.intermediate.int_organization_policy_targets""",
    "raw_delegated_administrators": """
        select service_principal, unnest(account_ids) as account_id
        from published.intermediate.int_organization_delegations""",
    "raw_policy_targets": """
        select policy_id, target_id, target_type from published.intermediate.int_organization_policy_targets""",
    "raw_roles": "from published.staging.stg_roles",
}
"""What published tables say of raw ones, as far as the policy evaluator's tables read these."""

DOCUMENTS = frozenset(
    {
        "stg_policies",
        "stg_inline_policies",
        "stg_policy_attachments",
        "stg_roles",
        "stg_users",
        "stg_organization_policies",
        "raw_policy_targets",
    }
)
"""Tables that a change of policies is made in."""
LISTS = frozenset({"fact_known_vendors", "fact_trust_services", "fact_trust_principals"})
"""Derived tables that judge nothing."""
GONE = "gone"
"""Verdict of a control that has none on the resource any more."""


@dataclass(frozen=True)
class Outcome:
    verdict: str
    reason: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict, compare=False)


class Change(Protocol):
    """A change of the tables. Hashable; `str` says it in words."""

    def apply(self, con: duckdb.DuckDBPyConnection, account_id: str) -> None: ...


@dataclass(frozen=True)
class Finding:
    """Which finding it is about."""

    control_id: str
    account_id: str
    region: str
    resource: str


class ReplayBuild(Build):
    """Models made again over the published night, its parameters as they were published."""

    given: Mapping[str, Any]

    def params(self, model: Model) -> dict[str, Any]:
        return dict(self.given) if model.control else model.header.params


class Replay:
    """One finding's control over the published tables. With `documents`, changes of policies can be put to it; then
    only the rows of the finding's account, and of the organization, are looked at.

    Raises `Refused` where the published tables are not enough to judge the control.
    """

    def __init__(self, database: Path, finding: Finding, params: Mapping[str, Any], documents: bool = False) -> None:
        self.finding, self.given, self.count = finding, dict(params), 0
        self._models = models.load()
        self._edited = DOCUMENTS if documents else frozenset()
        self._answers: dict[frozenset[Change], Outcome] = {}
        self.rebuilt = self._between()
        self.con = duckdb.connect()
        try:
            self.con.execute(f"attach {quoted(str(database))} as published (read_only)")
            self.con.execute("set search_path = 'memory.main,published.staging,published.intermediate,published.main'")
            ((as_of,),) = self.con.execute("select as_of from published.main.contract").fetchall()
            self.con.execute("set variable as_of = ?", [as_of])
            self._build = ReplayBuild(self.con, as_of, Settings.model_construct(), self._models)
            self._build.descriptions = defaultdict(dict)
            self._copy()
            self._prepare()
        except duckdb.Error as error:
            self.con.close()
            raise Refused(f"{database}: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.con.close()

    @property
    def weighs_policies(self) -> bool:
        """Whether the control rests on what the policy evaluator says of documents."""
        above = (self._models.models.get(name) for name in self._models.upstream[self.finding.control_id])
        return any(model is not None and model.fact and model.name not in LISTS for model in above)

    @property
    def control(self) -> Model:
        return self._models.models[self.finding.control_id]

    def judge(self, changes: Iterable[Change] = (), params: Mapping[str, Any] | None = None) -> Outcome:
        """The control's verdict on the resource with these changes and parameters. Raises `Refused`."""
        chosen = frozenset(changes)
        if not params and chosen in self._answers:
            return self._answers[chosen]
        self.count += 1
        self._build.given = self.given | dict(params or {})
        self.con.execute("begin")
        try:
            for change in sorted(chosen, key=str):
                change.apply(self.con, self.finding.account_id)
            for model in self.rebuilt:
                self._build.make(model)
            found = self._found()
        except duckdb.Error as error:
            raise Refused(f"{self.finding.control_id}: {error}") from error
        finally:
            self.con.execute("rollback")
        if not params:
            self._answers[chosen] = found
        return found

    def _found(self) -> Outcome:
        one = self.finding
        columns = {name for name, *_ in self.con.execute(f"describe {one.control_id}").fetchall()}
        region = "and region = $region" if "region" in columns else ""
        row = self.con.execute(
            f"select verdict, reason, evidence::varchar from {one.control_id} "
            f"where account_id = $account_id and resource = $resource {region}",
            {"account_id": one.account_id, "resource": one.resource} | ({"region": one.region} if region else {}),
        ).fetchone()
        return Outcome(row[0], row[1], json.loads(row[2] or "{}")) if row else Outcome(GONE)

    def _between(self) -> list[Model]:
        """The models to make again, in building order: the control, what a change reaches, what is not published."""
        control, wanted, lacking = self.finding.control_id, set[str](), set[str]()
        todo = [control]
        while todo:
            name = todo.pop()
            model = self._models.models.get(name)
            if name in wanted or name in self._edited or name in STAND_INS:
                continue
            if model is None or model.layer == "history":
                lacking.add(name)
                continue
            is_reached = bool(self._models.upstream[name] & self._edited)
            if name == control or is_reached or model.layer not in PUBLISHED_LAYERS:
                wanted.add(name)
                todo += model.reads
        if lacking:
            raise Refused(f"{control} cannot be judged anew: {', '.join(sorted(lacking))} is not published")
        return [model for model in self._models.models.values() if model.name in wanted]

    def _copy(self) -> None:
        """What the models read and a change could touch, in memory; with changes of documents, cut to the account."""
        made = {model.name for model in self.rebuilt}
        for name in sorted({read for model in self.rebuilt for read in model.reads} - made | self._edited):
            if name in STAND_INS:
                self.con.execute(f"create table {name} as {STAND_INS[name]}")
            elif self._edited or name == "stg_register":
                self.con.execute(f"create table {name} as from {name} {self._cut(name)}")

    def _prepare(self) -> None:
        """What parameters of the control cannot touch, made once."""
        if not self._edited:
            self._build.given = self.given
            for model in self.rebuilt[:-1]:
                self._build.make(model)
            self.rebuilt = self.rebuilt[-1:]

    def _cut(self, table: str) -> str:
        """The account's own rows. The register names accounts of others in `account_id`."""
        columns = {name for name, *_ in self.con.execute(f"describe {table}").fetchall()}
        if "account_id" not in columns or table == "stg_register":
            return ""
        or_management = " or is_management" if "is_management" in columns else ""
        return f"where account_id = {quoted(self.finding.account_id)}{or_management}"
