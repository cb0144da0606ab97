"""A published night as input for questions: principals by distinct permissions, resources, and what was not read."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb

from pipeline.facts._principals import QUERIES, Levels, PrincipalFactory
from pipeline.night import DATABASE
from pipeline.policy.principal import Principal
from pipeline.policy.request import Policy
from pipeline.policy.strangers import Organization
from pipeline.publish import database
from pipeline.schema import Row
from pipeline.settings import Refused
from pipeline.text import on_one_line

SCHEMAS = "main,staging,intermediate"
OF_PRINCIPALS = ("users", "roles", "groups", "policies", "policy_attachments", "inline_policies")
"""The datasets without which the principals of an account, or their rights, are not known."""
OF_CONTROL_POLICIES = ("organization_policies", "policy_targets", "organization_roots")

CLASSES = """
select
    account_id, principal_type, is_service_linked, boundary_arn, boundary_name, boundary_sha256, scp_levels_sha256,
    permissions_sha256, list(principal_arn order by principal_arn) as members
from int_permissions
{where}
group by all
order by account_id, members[1]"""
GRANTS = """
select grants.principal_arn, grants.policy_name, grants.policy_arn, grants.document_sha256
from int_grants as grants
semi join (
    select min(principal_arn) as principal_arn from int_permissions {where} group by account_id, permissions_sha256
) as chosen on grants.principal_arn = chosen.principal_arn
order by grants.policy_name, grants.policy_arn, grants.document_sha256, grants.via_group"""
TAGS = "select principal_arn, tags::varchar as tags, takes_session_tags from int_permissions"
UNREAD = """
select account_id, operation, error_class, message from coverage
where status <> 'ok' and dataset = any($datasets)
order by account_id, list_position($datasets, dataset)"""

RECORDS = """
select
    account_id,
    format('{} of its records could not be read, {} of {} among them', count(*), min(resource), min(dataset)) as message
from stg_unread_records
where dataset = any($datasets)
group by account_id
order by account_id"""


@dataclass(frozen=True)
class Unread:
    """Something that was not read: why, as a sentence that names the call if one failed."""

    account_id: str
    operation: str
    error_class: str
    message: str

    def __str__(self) -> str:
        if not self.operation:
            return self.message
        return f"{self.operation} failed ({self.error_class}): {self.message}"


@dataclass(frozen=True)
class Alike:
    """Principals of one account with the same permissions: `principal` stands for its `members`, the first of them."""

    principal: Principal
    members: tuple[str, ...]


class Published:
    """The tables of one published night. Rows are read when they are asked for."""

    def __init__(self, con: duckdb.DuckDBPyConnection, path: Path) -> None:
        self._con, self._path = con, path
        (self.as_of,) = self.rows("select as_of from contract")[0].values()
        con.execute("set variable as_of = ?", [self.as_of])

    def rows(self, query: str, **parameters: Any) -> list[Row]:
        """The rows of a query. Raises `Refused` if the database lacks a table that it needs."""
        try:
            answer = self._con.execute(query, parameters)
            names = [column[0] for column in answer.description or ()]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
        except duckdb.Error as error:
            raise Refused(f"{self._path}: {on_one_line(error)}; publish the night again") from error

    # -- the organization

    @cached_property
    def factory(self) -> PrincipalFactory:
        return PrincipalFactory({name: self.rows(query) for name, query in QUERIES.items()})

    @cached_property
    def accounts(self) -> Mapping[str, Row]:
        """Every account of the organization by id."""
        return {row["account_id"]: row for row in self.rows("from int_accounts order by account_id")}

    def inside(self, owner: str) -> Organization:
        """The accounts that are no strangers to a resource of the owner."""
        partition = next((str(row["arn"]).split(":")[1] for row in self.accounts.values() if row["arn"]), "aws")
        return Organization(
            owner, frozenset(self.accounts), self.factory.organization_id, partition, self.factory.not_before
        )

    @cached_property
    def unread_accounts(self) -> Mapping[str, Unread]:
        """The accounts whose principals, or whose rights, were not read, and why. In a closed or suspended account
        nobody can do anything.
        """
        failed = {row["account_id"]: Unread(**row) for row in reversed(self._unread(OF_PRINCIPALS))}
        outside = {
            account: Unread(account, "", "", "the account is outside the scope of the night")
            for account, row in self.accounts.items()
            if not row["is_in_scope"] and row["state"] == "ACTIVE"
        }
        return {**outside, **self._unread_records, **failed}

    @cached_property
    def _unread_records(self) -> Mapping[str, Unread]:
        """The accounts of which single users, roles or policies could not be read."""
        rows = self.rows(RECORDS, datasets=list(OF_PRINCIPALS))
        return {row["account_id"]: Unread(row["account_id"], "", "", row["message"]) for row in rows}

    def unread(self, account: str, *datasets: str) -> Unread | None:
        """Why datasets of the account were not read, if they were not."""
        failed = [Unread(**row) for row in self._unread(datasets) if row["account_id"] == account]
        return failed[0] if failed else self.unread_accounts.get(account) if not self.is_expected(account) else None

    def first_unread(self, *datasets: str) -> Unread | None:
        """Why datasets of the organization were not read, if one was not."""
        failed = self._unread(datasets)
        return Unread(**failed[0]) if failed else None

    def is_expected(self, account: str) -> bool:
        """Whether the account is one that the night reads."""
        return bool(self.accounts.get(account, {}).get("is_expected"))

    def _unread(self, datasets: Sequence[str]) -> list[Row]:
        return self.rows(UNREAD, datasets=list(datasets))

    @cached_property
    def _unread_limits(self) -> Levels | None:
        """Stands for the organization's SCPs and RCPs if they were not read."""
        failed = self.first_unread(*OF_CONTROL_POLICIES)
        return ((Policy("the organization's policies", None, str(failed)),),) if failed else None

    def rcp_levels(self, account: str) -> Levels | None:
        """The resource control policies that bind resources of the account."""
        if self._unread_limits:
            return self._unread_limits
        return self.factory.levels("RESOURCE_CONTROL_POLICY", self._levels.get((account, "RESOURCE_CONTROL_POLICY")))

    def scp_levels(self, account: str) -> Levels | None:
        """The service control policies that bind principals of the account."""
        if self._unread_limits:
            return self._unread_limits
        return self.factory.levels("SERVICE_CONTROL_POLICY", self._levels.get((account, "SERVICE_CONTROL_POLICY")))

    @cached_property
    def _levels(self) -> Mapping[tuple[str, str], str]:
        rows = self.rows("select account_id, policy_type, levels_sha256 from int_control_levels")
        return {(row["account_id"], row["policy_type"]): row["levels_sha256"] for row in rows}

    # -- principals

    def alike(self, account: str = "") -> Iterator[Alike]:
        """All users and roles, of one account if given: one principal for each account and set of permissions."""
        where = "where account_id = $account" if account else ""
        given = {"account": account} if account else {}
        granted: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows(GRANTS.format(where=where), **given):
            granted[row["principal_arn"]].append(row)
        for row in self.rows(CLASSES.format(where=where), **given):
            yield Alike(self._principal(row, granted.get(row["members"][0], [])), tuple(row["members"]))

    def principal(self, arn: str) -> Principal:
        """One user or role. Raises `Refused` if the night has none with this ARN."""
        found = next((each for each in self.alike(self._account_of(arn)) if arn in each.members), None)
        if found is None:
            raise Refused(f"there is no user or role {arn} on {self.as_of}")
        return self.member(found, arn)

    def _account_of(self, arn: str) -> str:
        fields = arn.split(":")
        return fields[4] if len(fields) > 5 else ""

    def member(self, alike: Alike, arn: str) -> Principal:
        """One of the principals that are alike, with its own name and tags."""
        tags, takes_session_tags = self._tags[arn]
        return replace(alike.principal, arn=arn, tags=tags, takes_session_tags=takes_session_tags)

    @cached_property
    def _tags(self) -> Mapping[str, tuple[Mapping[str, str] | None, bool]]:
        rows = self.rows(TAGS)
        return {row["principal_arn"]: (_loaded(row["tags"]), row["takes_session_tags"]) for row in rows}

    @cached_property
    def _documents(self) -> Mapping[str, str]:
        rows = self.rows("select document_sha256, document from int_identity_documents")
        return {row["document_sha256"]: row["document"] for row in rows}

    def _principal(self, row: Row, grants: Iterable[Row]) -> Principal:
        """The principal of a row of `CLASSES`, by its first member."""
        first = row["members"][0]
        tags, takes_session_tags = self._tags[first]
        made = self.factory.in_place(
            {
                "principal_arn": first,
                "policies": [
                    self._held(grant["policy_name"], grant["policy_arn"], grant["document_sha256"]) for grant in grants
                ],
                "boundary": self._boundary(row),
                "scp_levels_sha256": row["scp_levels_sha256"],
                "groups": (),
                "tags": None if tags is None else [{"key": key, "value": value} for key, value in tags.items()],
                "takes_session_tags": takes_session_tags,
            }
        )
        if self._unread_limits and not row["is_service_linked"]:
            return replace(made, scp_levels=self._unread_limits)
        return made

    def _boundary(self, row: Row) -> Row | None:
        arn = row["boundary_arn"]
        return None if arn is None else self._held(row["boundary_name"] or arn, arn, row["boundary_sha256"])

    def _held(self, name: str, arn: str | None, sha256: str | None) -> Row:
        return {"name": name, "arn": arn or "", "sha256": sha256, "document": self._documents.get(sha256 or "")}


def _loaded(tags: str | None) -> Mapping[str, str] | None:
    return None if tags is None else json.loads(tags)


@contextmanager
def published(home: Path) -> Iterator[Published]:
    """The newest published night of a home. Raises `Refused` if there is none."""
    with database.reading(home, SCHEMAS) as con:
        yield Published(con, home / DATABASE)
