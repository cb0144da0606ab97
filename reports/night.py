"""One published night for the pages: shared data in memory, the rest streamed page by page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from pipeline.explain.removal import Tried
from pipeline.publish.lead import LEAD, lead
from pipeline.rows import Grouped, group
from pipeline.schema import Row
from reports import queries
from reports.database import Groups, Reader


def keyed(rows: Iterable[Row], key: str) -> dict[Any, Row]:
    return {row[key]: row for row in rows}


class PublishedNight:
    """Data shared by several pages, read once. Keys: account ids, OU ids, control ids, practice numbers."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.as_of: date = reader.as_of
        reader.keep("open_findings", queries.OPEN_FINDINGS)
        reader.keep("unread", queries.UNREAD)
        reader.keep("identity_fails", queries.IDENTITY_FAILS)
        reader.keep("identities", queries.IDENTITIES)
        tonight, rows = reader.tonight, reader.rows
        self.accounts: dict[str, Row] = keyed(rows("select * from accounts order by name, account_id"), "account_id")
        self.ous: dict[str, Row] = keyed(rows("select * from organizational_units order by ou_path, ou_id"), "ou_id")
        self.controls: dict[str, Row] = keyed(rows("select * from controls order by number, control_id"), "control_id")
        self.overall: Row | None = next(iter(tonight("scores_overall")), None)
        self.by_practice: dict[int, Row] = keyed(tonight("scores_by_practice"), "practice")
        self.by_account: dict[str, Row] = keyed(tonight("scores_by_account"), "account_id")
        self.by_ou: dict[str, Row] = keyed(tonight("scores_by_ou"), "ou_id")
        self.by_owner: dict[str, Row] = keyed(tonight("scores_by_owner"), "owner")
        self.by_control: dict[str, Row] = keyed(tonight("scores_by_control"), "control_id")
        self.by_ou_and_practice = group(tonight("scores_by_ou_and_practice"), "ou_id")
        self.nights = rows("select * from nights where as_of <= $as_of order by as_of")
        self.trend: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in reader.stream(queries.TREND.format(scope="<> 'account'")):
            self.trend[row["scope"], str(row["key"])].append(row)
        self.fails_by_practice = self._severities("f.practice")
        self.fails_by_account = self._severities("f.account_id")
        self.fails_by_owner = self._severities("f.owner")
        self.change_counts = {row["change"]: row["n"] for row in rows(queries.CHANGE_COUNTS)}
        since = group(rows(queries.CHANGES_SINCE), "since")
        self.changes_since: dict[str, dict[str, Row]] = {
            name: keyed(rows_since, "change") for name, rows_since in since.items()
        }
        self.changes = group(rows(queries.CHANGES), "change")
        self.resolution = {s: keyed(times, "key") for s, times in group(tonight("resolution_times"), "scope").items()}
        self.quality = rows(queries.QUALITY)
        self.knowledge = rows(queries.KNOWLEDGE)
        self.knowledge_gaps = rows(queries.KNOWLEDGE_GAPS)
        self.exceptions = rows(queries.EXCEPTIONS)
        self.operations = rows(queries.OPERATIONS)
        self.proposals = rows(queries.PROPOSALS)
        self.calls = group(rows(queries.CALLS), "control_id")
        self.privileges = next(iter(rows(queries.PRIVILEGES.format("''"))), None)
        self.systems = group(tonight("systems"), "practice")
        self.open_fails = rows(queries.OPEN_FAILS)
        self.repairs = rows(queries.REPAIRS)
        self.tried: Mapping[str, Tried] = {}
        self.lead = lead(next(iter(rows(LEAD)), None))

    def _severities(self, key: str) -> dict[Any, dict[str, int]]:
        fails: dict[Any, dict[str, int]] = defaultdict(dict)
        for row in self.reader.stream(queries.FAILS.format(key=key)):
            fails[row["key"]][row["severity"]] = row["fails"]
        return fails

    @cached_property
    def root_id(self) -> str:
        """The id of the organization's root, as commands need it."""
        return next((ou_id for ou_id, ou in self.ous.items() if ou["parent_id"] is None), "ROOT_ID")

    @cached_property
    def name(self) -> str:
        """What the organization is called: its management account, whose name is the only one that AWS has."""
        return next((a["name"] or a["account_id"] for a in self.accounts.values() if a["is_management"]), "")

    def above(self, account_id: str) -> list[str]:
        """The OUs above an account, its own first."""
        ou_id, found = self.accounts.get(account_id, {}).get("ou_id"), list[str]()
        while ou_id in self.ous and ou_id not in found:
            found.append(ou_id)
            ou_id = self.ous[ou_id]["parent_id"]
        return found

    @cached_property
    def accounts_with_identities(self) -> list[str]:
        """The accounts with users or roles that need attention: each has a page of them."""
        rows = self.reader.rows("select distinct account_id from identities order by account_id")
        return [row["account_id"] for row in rows]

    @cached_property
    def unread(self) -> list[Row]:
        """The failed calls, those with the largest impact first."""
        return self.reader.rows(queries.UNREAD_CALLS)

    @cached_property
    def owners(self) -> Grouped:
        """The accounts of each owner, sorted by owner; '' for accounts without one."""
        return dict(sorted(group(({**a, "owner": a["owner"] or ""} for a in self.accounts.values()), "owner").items()))

    def by_key(
        self, key: str, values: Iterable[str], queries_by_name: Mapping[str, str]
    ) -> Iterator[tuple[str, dict[str, list[Row]]]]:
        """For each value of a key, in order, its rows of each query. The queries must be sorted by that key first."""
        streams = {name: Groups(self.reader.stream(sql), key) for name, sql in queries_by_name.items()}
        for value in sorted(values):
            yield value, {name: rows.take(value) for name, rows in streams.items()}
