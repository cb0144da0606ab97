"""Reads all datasets of one account, or of the organization, and records failures."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import TypeVar

import pyarrow as pa

from pipeline import collectors
from pipeline.aws.account import Account
from pipeline.aws.answers import MemberMissing
from pipeline.aws.failures import CallFailed
from pipeline.aws.session import GLOBAL
from pipeline.aws.visit import Visit
from pipeline.collect.counts import counted_of, shortfall
from pipeline.collect.records import known, once
from pipeline.collect.spared import aged, empty_since_read
from pipeline.collectors import Collector, Rows
from pipeline.collectors.account_regions import REGIONS
from pipeline.collectors.account_summary import SUMMARY
from pipeline.collectors.organization import ORGANIZATION, is_alone
from pipeline.collectors.organization_tree import ACCOUNTS
from pipeline.schema import EXTRACTS, LEDGER, UNLISTED_MEMBERS, UNREAD, Dataset, Row, Scope

Result = TypeVar("Result")
# A collector that sent more requests than this is not run a second time, though it found less than before.
MOST_AGAIN = 50


class Reading:
    """Runs the collectors of some scopes on one visit, each at most once.

    `state` is the account's state if it is unknown to this version: then no calls are made.
    """

    def __init__(self, visit: Visit, scopes: tuple[Scope, ...], state: str | None = None) -> None:
        self._visit = visit
        self._state = state
        self._collectors = [c for c in collectors.discover() if c.scope in scopes]
        self._of_dataset = {d.name: c for c in self._collectors for d in c.datasets}
        self._results: dict[tuple[str, str], Rows | CallFailed] = {}
        self._read_on: dict[tuple[str, str], date] = {}
        """Earlier nights whose results count tonight."""
        self.failures: dict[str, CallFailed] = {}
        """After `read_all`: the datasets that could not be read."""

    def rows(self, dataset: str, region: str = GLOBAL) -> list[Row]:
        """Rows of a dataset, collected on first use. Raises its `CallFailed` if it failed."""
        collector = self._of_dataset[dataset]
        result = self._result(collector, region if collector.scope == "region" else GLOBAL)
        if isinstance(result, CallFailed):
            raise result
        return result[dataset]

    def rows_of(self, dataset: str) -> list[Row] | None:
        """Rows of a dataset of the organization; None if it could not be read."""
        result = self._result(self._of_dataset[dataset], GLOBAL)
        return None if isinstance(result, CallFailed) else result[dataset]

    def read_all(self) -> dict[str, pa.Table]:
        """Run every collector. Returns the tables of what could be read, of `extracts`, `ledger` and unread records."""
        tables: dict[str, list[pa.Table]] = {}
        extracts: list[Row] = []
        regions = self._regions()
        for collector in self._collectors:
            for region in regions if collector.scope == "region" else [GLOBAL]:
                tables_read = self._tables(collector, region)
                for dataset in collector.datasets:
                    if isinstance(tables_read, CallFailed):
                        self.failures.setdefault(dataset.name, tables_read)
                        extracts.append(self._failed(dataset, region, tables_read))
                    else:
                        tables.setdefault(dataset.name, []).append(tables_read[dataset.name])
                        rows = tables_read[dataset.name].num_rows
                        extracts.append(self._extract(collector, dataset, region, rows))
        whole = {name: pa.concat_tables(parts) for name, parts in tables.items()}
        own = {
            EXTRACTS: extracts,
            LEDGER: [asdict(call) for call in self._visit.ledger()],
            UNREAD: once(UNREAD, self._visit.unread),
            UNLISTED_MEMBERS: self._visit.unlisted(),
        }
        return whole | {dataset.name: dataset.table(rows) for dataset, rows in own.items()}

    def _regions(self) -> list[str]:
        """The Regions to read: the enabled ones, except any that SCPs close to everybody in the account.

        A Region denied to the reader alone is included, and fails. If no Region is left, nothing is owed, and regional
        datasets are empty.
        """
        regional = [collector for collector in self._collectors if collector.scope == "region"]
        try:
            opened = self._open()
        except CallFailed as failed:
            self._results |= {(collector.name, GLOBAL): failed for collector in regional}
            return [GLOBAL]
        closed = {region for region in opened if self._is_closed(region, regional)}
        if not opened or closed >= set(opened):
            self._results |= {(c.name, GLOBAL): _nothing(c) for c in regional}
            return [GLOBAL]
        return [region for region in opened if region not in closed]

    def _is_closed(self, region: str, regional: list[Collector]) -> bool:
        """Whether the organization's SCPs close a Region to everybody, and every call there is in fact denied."""
        if region not in self._visit.closed_regions or not regional:
            return False
        return all(_is_denied(self._result(collector, region)) for collector in regional)

    def _open(self) -> list[str]:
        """The enabled Regions of the account, limited to those in the settings if any.

        If the account's Regions cannot be read, those in the settings; raises the `CallFailed` if there are none.
        """
        regions = list(dict.fromkeys(self._visit.cloud.settings.regions))
        if REGIONS.name not in self._of_dataset:
            return regions
        try:
            listed = {row["region_name"]: row["opt_status"] for row in self.rows(REGIONS.name)}
        except CallFailed:
            if regions:
                return regions
            raise
        regions = regions or sorted(listed)
        off = [region for region in regions if listed.get(region) in ("DISABLED", "DISABLING")]
        for region in off:
            self._visit.fail(CallFailed(REGIONS.operations[0], "region_disabled", None, "not enabled", region))
        return [region for region in regions if region not in off]

    def _result(self, collector: Collector, region: str) -> Rows | CallFailed:
        key = (collector.name, region)
        if key not in self._results:
            self._results[key] = self._collected(collector, region)
        return self._results[key]

    def _collected(self, collector: Collector, region: str) -> Rows | CallFailed:
        if self._state:
            message = (
                f"Organizations says that the account is {self._state}: this version does not know what that means"
            )
            return CallFailed("organizations:ListAccounts", "unknown_value", None, message, region)
        account = self._account(region)
        if self._visit.cloud.memory and (read_on := empty_since_read(collector, account, self._summary)):
            self._read_on[collector.name, region] = read_on
            return _nothing(collector)
        result = self._whole(collector, region, account)
        if isinstance(result, CallFailed):
            return result
        return _attempt(
            collector, region, lambda: {d.name: known(account, d, result[d.name]) for d in collector.datasets}
        )

    def _whole(self, collector: Collector, region: str, account: Account) -> Rows | CallFailed:
        """The rows of a collector without duplicates; read a second time if AWS counts more than were listed, or if
        AWS does not count them and there are fewer than on the last night that has them.
        """
        before = self._visit.asked
        result = self._rows_of(collector, region, account)
        if not isinstance(result, dict):
            return result
        if not (counted := counted_of(collector.datasets)):
            is_cheap = self._visit.asked - before <= MOST_AGAIN
            return self._confirmed(collector, region, account, result) if is_cheap else result
        try:
            if not shortfall(self._summary(account), counted, result, self._visit.unread):
                return result
            result = self._rows_of(collector, region, account)
            again = result if isinstance(result, dict) else {}
            short = shortfall(account.call(SUMMARY.operations[0])["SummaryMap"], counted, again, self._visit.unread)
        except CallFailed:
            return result  # nothing to hold it against
        return account.failed(collector.datasets[0].operations[-1], "truncated", short) if again and short else result

    def _confirmed(self, collector: Collector, region: str, account: Account, first: Rows) -> Rows | CallFailed:
        """The rows, or, if they are fewer than before, the longer of two readings: a lost page may have come by now."""
        cloud = self._visit.cloud
        if cloud.memory is None or not any(
            len(first[dataset.name]) < cloud.memory.count(dataset, self._visit.account_id, region)
            for dataset in collector.datasets
            if not dataset.history_days and any(map(cloud.paging, dataset.operations))
        ):
            return first
        second = self._rows_of(collector, region, account)
        if isinstance(second, CallFailed):
            return second
        return max(second, first, key=lambda rows: sum(map(len, rows.values())))

    def _summary(self, account: Account) -> dict[str, int]:
        return {row["metric"]: row["value"] for row in account.rows(SUMMARY.name)}

    def _rows_of(self, collector: Collector, region: str, account: Account) -> Rows | CallFailed:
        """Run the collector once. A service that AWS does not offer in a Region has no rows there.

        Of an account in no organization, Organizations is not asked: there is nothing that it could say.
        """

        def collected() -> Rows:
            if is_of_organizations(collector) and is_alone(account):
                return _nothing(collector)
            rows = collector.collect(account)
            return {dataset.name: once(dataset, rows[dataset.name]) for dataset in collector.datasets}

        result = _attempt(collector, region, collected)
        if isinstance(result, CallFailed) and result.error_class == "not_offered" and collector.scope == "region":
            return _nothing(collector)
        return result

    def _account(self, region: str) -> Account:
        return Account(self._visit, region, partial(self.rows, region=region), self._account)

    def _tables(self, collector: Collector, region: str) -> dict[str, pa.Table] | CallFailed:
        result = self._result(collector, region)
        if isinstance(result, CallFailed):
            return result
        return _attempt(collector, region, lambda: {d.name: d.table(result[d.name]) for d in collector.datasets})

    def _extract(self, collector: Collector, dataset: Dataset, region: str, rows: int) -> Row:
        read_on = self._read_on.get((collector.name, region))
        return self._ended(dataset, region) | {"rows": rows} | aged(self._visit, dataset, region, rows, read_on)

    def _failed(self, dataset: Dataset, region: str, failed: CallFailed) -> Row:
        return self._ended(dataset, region) | {
            "status": "failed",
            "operation": failed.operation or None,
            "error_class": failed.error_class,
            "error_code": failed.error_code,
            "message": failed.message,
        }

    def _ended(self, dataset: Dataset, region: str) -> Row:
        row: Row = dict.fromkeys(column.name for column in EXTRACTS.columns)
        row |= {"account_id": self._visit.account_id, "region": region, "dataset": dataset.name}
        return row | {"status": "ok", "rows": 0}


def _nothing(collector: Collector) -> Rows:
    return {dataset.name: [] for dataset in collector.datasets}


def is_of_organizations(collector: Collector) -> bool:
    """Whether it asks Organizations, and needs to know which organization that is."""
    asked = any(op.startswith("organizations:") for dataset in collector.datasets for op in dataset.operations)
    return asked and not {ORGANIZATION.name, ACCOUNTS.name} & {dataset.name for dataset in collector.datasets}


def _is_denied(result: Rows | CallFailed) -> bool:
    return isinstance(result, CallFailed) and result.is_denied_there


def _attempt(collector: Collector, region: str, work: Callable[[], Result]) -> Result | CallFailed:
    """The result, or the failure. A collector that breaks on one account must not stop the others."""
    try:
        return work()
    except CallFailed as failed:
        return failed
    except MemberMissing as missing:
        return missing.failed(region)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        message = (
            f"{collector.name}: {type(error).__name__}: {error} ({last.filename.rsplit('/', 1)[-1]}:{last.lineno})"
        )
        return CallFailed("", "collector_error", type(error).__name__, message, region)
