"""What closes when a user, role or policy goes: the controls judged again on the published tables without it.

`repairs` counts what fails on it. Here that is tried: all controls that fail on it run once more for its account, and
what still fails, or fails anew, is counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import duckdb

from pipeline.explain.replay import Finding, Replay
from pipeline.rows import rows
from pipeline.schema import Row
from pipeline.settings import Refused
from pipeline.warehouse.store import Connection, published

KINDS = ("user", "role", "policy")
"""Kinds of what can be taken away from the tables."""
ARNS = ("arn", "principal_arn", "user_arn", "policy_arn", "resource", "user_name")
"""Columns that name a user, role or policy, the last by its name."""


@dataclass(frozen=True)
class Remove:
    """Take a user, role or policy away, with all that AWS keeps of it."""

    target: str
    TABLES: ClassVar = frozenset(
        {
            *("stg_users", "stg_roles", "stg_policies", "stg_inline_policies", "stg_policy_attachments"),
            *("stg_credential_report", "stg_passwords", "stg_mfa_devices", "stg_service_specific_credentials"),
            *("stg_role_sessions", "stg_service_usage", "stg_action_usage", "stg_usage_reads"),
            *("stg_analyzer_findings", "stg_external_findings"),
            # The columns that these are made of are not published.
            *("int_access_keys", "int_credentials", "int_other_credentials"),
        }
    )

    def __str__(self) -> str:
        return f"without {self.target.split(':', 5)[-1]}"

    def apply(self, con: Connection, account_id: str) -> None:
        names = {"target": self.target, "name": self.target.rpartition("/")[2], "account_id": account_id}
        for table in sorted(self.TABLES):
            columns = {name for name, *_ in con.execute(f"describe {table}").fetchall()}
            for column in columns.intersection(ARNS):
                is_it = f"{column} = $target or starts_with({column}, $target || '/')"
                if column == "user_name":
                    is_it = "user_name = $name" if ":user/" in self.target else "false"
                used = {name: value for name, value in names.items() if f"${name}" in is_it} | {
                    "account_id": account_id
                }
                con.execute(f"delete from {table} where account_id = $account_id and ({is_it})", used)


class AccountReplay(Replay):
    """Runs several controls for one account again."""

    def __init__(self, database: Path, account_id: str, controls: Mapping[str, Mapping[str, Any]]) -> None:
        self._controls = controls
        finding = Finding(min(controls), account_id, "global", "")
        super().__init__(database, finding, {}, Remove.TABLES, account_only=True)
        self._build.by_control = controls

    @property
    def judged(self) -> frozenset[str]:
        return frozenset(self._controls)

    def fails(self, change: Remove | None = None) -> set[tuple[str, str]]:
        """What fails, by control and resource, with this change. Raises `Refused`."""
        self.con.execute("begin")
        try:
            if change:
                change.apply(self.con, self.finding.account_id)
            for model in self._rebuilt:
                self._build.make(model)
            return {row for control in sorted(self.judged) for row in self._fails_of(control)}
        except duckdb.Error as error:
            raise Refused(f"{change}: {error}") from error
        finally:
            self.con.execute("rollback")

    def _fails_of(self, control: str) -> list[tuple[str, str]]:
        query = f"select '{control}', resource from {control} where account_id = ? and verdict = 'fail'"
        return [(name, resource) for name, resource in self.con.execute(query, [self.finding.account_id]).fetchall()]


@dataclass(frozen=True)
class Tried:
    """What was found: findings closed, of how many that were counted, and how many fail anew."""

    closed: int
    counted: int
    opened: int


FINDINGS = """
    select control_id, resource, params from finding_repairs inner join controls using (control_id)
    where repair = $repair order by all"""


MOST_TRIED = 10


def first_tried(database: Path, repairs: Iterable[Row]) -> dict[str, Tried]:
    """What closes with the first of these changes that can be tried, by their key; none without published tables."""
    with published(database) as con:
        if not con.execute("select 1 from duckdb_tables() where schema_name = 'staging'").fetchone():
            return {}
    candidates = [repair for repair in repairs if repair["kind"] in KINDS and repair["account_id"]]
    found = ((repair["repair"], tried(database, repair)) for repair in candidates[:MOST_TRIED])
    return {name: outcome for name, outcome in found if outcome}


def tried(database: Path, repair: Row) -> Tried | None:
    """What closes when what a repair changes is taken away; None where that cannot be tried."""
    if repair["kind"] not in KINDS or repair["account_id"] is None or "*" in (repair["target"] or "*"):
        return None
    with published(database) as con:
        found = rows(con, FINDINGS, repair=repair["repair"])
    controls = {row["control_id"]: json.loads(row["params"] or "{}") for row in found}
    counted = {(row["control_id"], row["resource"]) for row in found}
    try:
        with AccountReplay(database, repair["account_id"], controls) as replay:
            before = replay.fails()
            after = replay.fails(Remove(repair["target"]))
    except Refused:
        return None
    if not counted <= before:
        return None
    return Tried(len(counted - after), len(counted), len(after - before))
