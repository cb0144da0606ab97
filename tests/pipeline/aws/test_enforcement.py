"""The generated reader role, enforced: with it every call passes; without one of its actions, what needs it is denied.

The emulator allows the reader what the policy says, and knows for itself which actions an operation needs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from pipeline import collectors, raw
from pipeline.aws import reader_role
from pipeline.aws.permissions import actions, management_only
from pipeline.aws.reader_role import ReaderRole
from pipeline.aws.visit import Visit, sign_in
from pipeline.collect.reading import Reading
from pipeline.collect.run import connected, reader_operations
from pipeline.night import Night
from pipeline.schema import Row, Scope
from tests import nights
from tests.conftest import Loopback

ROLE = ReaderRole("RolecallReader", "arn:aws:iam::111122223333:role/Rolecall", None, tuple(sorted(reader_operations())))
(STATEMENT,) = json.loads(reader_role.as_json(ROLE))["permissions_policy"]["Statement"]
ALLOWED: list[str] = STATEMENT["Action"]
OF_MANAGEMENT = sorted({action for operation in management_only() for action in actions(operation)})
OF_ACCOUNTS = sorted(set(ALLOWED) - set(OF_MANAGEMENT))
SECURITY, MANAGEMENT = "874237254706", "729096989405"
OF_ACCOUNT: tuple[Scope, ...] = ("account", "region")
DATASETS = [dataset for dataset in collectors.datasets().values() if dataset.operations]


DENIAL = "no identity-based policy allows"


@dataclass
class Read:
    """What came of reading an account: rows by dataset."""

    tables: dict[str, list[Row]]

    @property
    def asked(self) -> set[str]:
        """The operations that were asked."""
        return {row["operation"] for row in self.tables["ledger"]}

    @property
    def said(self) -> set[str]:
        """The datasets of which it is said that something was denied: as a whole, of a record, or in a column."""
        records = self.tables["extracts"] + self.tables["unread_records"]
        told = {row["dataset"] for row in records if row["message"]}
        own = self.tables.keys() - {"extracts", "unread_records", "ledger"}
        return told | {name for name in own if any(DENIAL in str(row) for row in self.tables[name])}

    def without(self, said: set[str]) -> dict[str, int]:
        """The number of rows of each other dataset."""
        system = {"extracts", "unread_records", "ledger", "unlisted_members"}
        return {name: len(rows) for name, rows in self.tables.items() if name not in said | system and rows}


@dataclass
class Reader:
    """Reads accounts as the role that may do some of the actions."""

    aws: Loopback
    home: Path
    patch: pytest.MonkeyPatch

    def read(
        self, account_id: str, allowed: list[str], scope: tuple[Scope, ...] = OF_ACCOUNT, caller: str | None = None
    ) -> Read:
        for name, value in self.aws.call_as(account_id=caller, reader_actions=allowed).items():
            self.patch.setenv(name, value)
        night = Night(self.home, self.aws.nights[nights.NIGHT - 1])
        with closing(connected(self.aws.settings(self.home), night)) as cloud:
            visit = Visit(cloud, account_id)
            visit.caller = sign_in(Visit(cloud, ""))
            visit.is_of_organization = scope == ("organization",)
            tables = {name: table.to_pylist() for name, table in Reading(visit, scope).read_all().items()}
        return Read(tables)


@pytest.fixture
def reader(aws: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    aws.reset(nights.NIGHT)
    yield Reader(aws, tmp_path, monkeypatch)
    aws.reset()


def check_denied(found: Read, whole: Read, asked: set[str], removed: str) -> None:
    """What needs the action is denied, and that is said of its datasets; no row of any other dataset is lost."""
    needing = {operation for operation in asked if removed in actions(operation)}
    assert needing, f"{removed} was not asked for"
    denied = [row for row in found.tables["ledger"] if row["error_class"] == "iam_deny"]
    assert {row["operation"] for row in denied} == needing & found.asked != set(), removed
    for row in (*denied, *(row for row in found.tables["extracts"] if row["status"] == "failed")):
        assert (row["operation"] in needing, row["error_class"]) == (True, "iam_deny"), row
        assert DENIAL in row["message"]
    assert found.said & {dataset.name for dataset in DATASETS if needing & set(dataset.operations)}, removed
    assert found.without(found.said) == whole.without(found.said), removed


@pytest.fixture
def night(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Night:
    landed = nights.landed(loopback, tmp_path_factory)
    return Night(landed.home, landed.plan.as_of)


@pytest.mark.soak
def test_without_any_one_action_of_accounts_exactly_what_needs_it_is_denied(night: Night, reader: Reader) -> None:
    remove_each(reader, night, OF_ACCOUNTS)


def remove_each(reader: Reader, night: Night, removable: list[str]) -> None:
    whole: dict[str, Read] = {}
    for removed in removable:
        account_id = where_asked(night, removed)
        if account_id not in whole:
            whole[account_id] = reader.read(account_id, ALLOWED)
            assert whole[account_id].said == set()
        found = reader.read(account_id, [action for action in ALLOWED if action != removed])
        check_denied(found, whole[account_id], whole[account_id].asked, removed)


def where_asked(night: Night, action: str) -> str:
    """The member account with the fewest calls, of those that were read whole and asked what needs the action."""
    needing = [operation for operation in sorted(collectors.operations(*OF_ACCOUNT)) if action in actions(operation)]
    query = """
        select account_id from raw_ledger
        where account_id not in (select account_id from raw_extracts where status = 'failed') and account_id <> ?
        group by account_id having bool_or(list_contains(?, operation)) order by sum(calls), account_id limit 1"""
    with duckdb.connect() as con:
        raw.attach(con, night, collectors.datasets().values())
        row = con.execute(query, [MANAGEMENT, needing]).fetchone()
    assert row, f"{action} is asked nowhere"
    return str(row[0])


@pytest.mark.slow
def test_without_any_one_action_in_the_management_account_exactly_what_needs_it_is_denied(reader: Reader) -> None:
    whole = reader.read(MANAGEMENT, ALLOWED, ("organization",), SECURITY)
    assert whole.said == set()
    for removed in OF_MANAGEMENT:
        allowed = [action for action in ALLOWED if action != removed]
        found = reader.read(MANAGEMENT, allowed, ("organization",), SECURITY)
        check_denied(found, whole, whole.asked & management_only(), removed)
