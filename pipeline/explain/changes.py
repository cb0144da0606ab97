"""Hypothetical changes that could change a finding's verdict: of policies, boundaries and the register.

Each is tried on the control itself (`replay`), so reported results are never guesses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

from pipeline.collect.register import KINDS
from pipeline.explain.policies import BearingPolicy
from pipeline.policy import parse
from pipeline.warehouse.store import Connection

ADDED = "what-if"


class Place(NamedTuple):
    """The location of documents in a table: their column, and how to find a row."""

    column: str
    where: str


PLACES = {
    "stg_policies": Place("document", "account_id = $account_id and arn = $key"),
    "stg_inline_policies": Place("document", "principal_arn || '/' || policy_name = $key"),
    "stg_roles": Place("trust_document", "arn = $key"),
    "stg_organization_policies": Place("document", "policy_id = $key"),
}


@dataclass(frozen=True)
class Rewrite:
    """Replace one statement of a policy, or remove it (`new` empty). Statements are canonical JSON."""

    policy: BearingPolicy
    old: str
    new: str
    words: str
    TABLES: ClassVar = frozenset({*PLACES, "stg_policy_attachments", "stg_policy_targets"})

    def __str__(self) -> str:
        return self.words

    def apply(self, con: Connection, account_id: str) -> None:
        place, table = PLACES[self.policy.table], self.policy.table
        names = {"account_id": account_id, "key": self.policy.key}
        used = {name: value for name, value in names.items() if f"${name}" in place.where}
        for (source,) in con.execute(f"select {place.column} from {table} where {place.where}", used).fetchall():
            document = parse(source)
            texts = (self.new if statement.text == self.old else statement.text for statement in document.statements)
            statements = [json.loads(text) for text in texts if text]
            if not statements:
                self._remove(con, account_id, place.where, used)
                continue
            text = json.dumps({"Version": document.version, "Statement": statements})
            columns = f"{place.column} = $text, {place.column}_sha256 = sha256($text)"
            con.execute(f"update {table} set {columns} where {place.where}", used | {"text": text})

    def _remove(self, con: Connection, account_id: str, where: str, used: Mapping[str, str]) -> None:
        """Remove the policy with its attachments: a policy cannot be empty."""
        con.execute(f"delete from {self.policy.table} where {where}", used)
        if self.policy.table == "stg_policies":
            attached = "account_id = ? and policy_arn = ?"
            con.execute(f"delete from stg_policy_attachments where {attached}", [account_id, self.policy.arn])
        if self.policy.table == "stg_organization_policies":
            con.execute("delete from stg_policy_targets where policy_id = ?", [self.policy.key])


@dataclass(frozen=True)
class Detach:
    """Detach an AWS managed policy: its statements cannot be changed."""

    policy: BearingPolicy
    TABLES: ClassVar = frozenset({"stg_policy_attachments"})

    def __str__(self) -> str:
        return f"without {self.policy.name}, detached from {short(self.policy.holder)}"

    def apply(self, con: Connection, account_id: str) -> None:
        con.execute(
            "delete from stg_policy_attachments where principal_arn = ? and policy_arn = ?",
            [self.policy.holder, self.policy.arn],
        )


@dataclass(frozen=True)
class Bind:
    """Set the permissions boundary of a principal, or remove it (`boundary_arn` None)."""

    principal_arn: str
    boundary_arn: str | None
    TABLES: ClassVar = frozenset({"stg_users", "stg_roles"})

    def __str__(self) -> str:
        name = (self.boundary_arn or "").rpartition("/")[2]
        return f"with {name} as its permissions boundary" if name else "without its permissions boundary"

    def apply(self, con: Connection, account_id: str) -> None:
        for table in sorted(self.TABLES):
            con.execute(
                f"update {table} set permissions_boundary_arn = ? where arn = ?",
                [self.boundary_arn, self.principal_arn],
            )


@dataclass(frozen=True)
class Add:
    """Add a policy with one statement (canonical JSON): an inline policy of a principal, or an SCP or RCP of an
    account.
    """

    kind: Literal["inline", "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"]
    target: str
    statement: str
    TABLES: ClassVar = frozenset({"stg_inline_policies", "stg_organization_policies", "stg_policy_targets"})

    @property
    def actions(self) -> list[str]:
        return list(json.loads(self.statement).get("Action", []))

    def __str__(self) -> str:
        what = statement_in_words(json.loads(self.statement))
        where: Mapping[str, str] = {
            "inline": f"in an inline policy of {short(self.target)}",
            "SERVICE_CONTROL_POLICY": f"in an SCP on account {self.target}, or above it",
            "RESOURCE_CONTROL_POLICY": f"in an RCP on account {self.target}, or above it",
        }
        return f"with {what} {where[self.kind]}"

    def apply(self, con: Connection, account_id: str) -> None:
        name = f"{ADDED}-{hashlib.sha256(self.statement.encode()).hexdigest()[:8]}"
        text = json.dumps({"Version": "2012-10-17", "Statement": [json.loads(self.statement)]})
        values = {"name": name, "text": text, "target": self.target}
        if self.kind == "inline":
            kind, _, path = self.target.split(":", 5)[5].partition("/")
            con.execute(
                """insert into stg_inline_policies by name
                select $account_id as account_id, $kind as principal_type, $holder as principal_name,
                    $target as principal_arn, $name as policy_name, $text as document,
                    sha256($text) as document_sha256""",
                values | {"account_id": account_id, "kind": kind, "holder": path.rpartition("/")[2]},
            )
            return
        con.execute(
            """insert into stg_organization_policies by name
            select $name as policy_id, $name as name, $kind as policy_type, false as is_aws_managed, $text as document,
                sha256($text) as document_sha256""",
            {"name": name, "text": text, "kind": self.kind},
        )
        con.execute("insert into stg_policy_targets values (?, ?, 'ACCOUNT')", [name, self.target])


@dataclass(frozen=True)
class Enter:
    """Add a valid register entry, under `[[table]]`, for a resource, an account or a control."""

    table: str
    resource: str | None = None
    account_id: str | None = None
    control_id: str | None = None
    service_principal: str | None = None
    TABLES: ClassVar = frozenset({"stg_register"})

    def __str__(self) -> str:
        what = self.resource or self.account_id or self.control_id
        service = f" and {self.service_principal}" if self.service_principal else ""
        return f"with an entry for {what}{service} under [[{self.table}]] in the register"

    def apply(self, con: Connection, account_id: str) -> None:
        entry = {
            "entry": ADDED,
            "kind": KINDS[self.table].kind,
            "control_id": self.control_id,
            "account_id": self.account_id,
            "resource": self.resource,
            "service_principal": self.service_principal,
            "use_case": "no_role_possible" if self.table == "long_term_keys" else None,
        }
        columns = ", ".join(f"${name} as {name}" for name in entry)
        con.execute(
            f"""insert into stg_register by name
            select {columns}, 'you' as owner, '' as reason, '' as evidence_url,
                getvariable('as_of') + 365 as expires_on, true as is_live""",
            entry,
        )


def short(arn: str) -> str:
    """`role deploy` for the ARN of a role; any other text unchanged."""
    kind, _, name = arn.split(":", 5)[-1].partition("/")
    return f"{kind} {name}" if arn.startswith("arn:") and ":iam::" in arn and name else arn


def statement_in_words(statement: Mapping[str, Any]) -> str:
    """`a Deny of iam:PassRole on * where {"StringEquals": ...}`."""
    actions = ", ".join(statement.get("Action") or ["all but", *statement["NotAction"]]).replace("but,", "but", 1)
    where = f" where {json.dumps(statement['Condition'])}" if statement.get("Condition") else ""
    return f"a {statement['Effect']} of {actions} on {', '.join(statement['Resource'])}{where}"


POLICY_TABLES = frozenset[str]().union(*(change.TABLES for change in (Rewrite, Detach, Bind, Add)))
"""The tables modified by policy changes."""
