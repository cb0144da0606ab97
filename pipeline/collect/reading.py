"""All datasets of one account, or of the organization: what was read, and what failed with what."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import TypeVar

import pyarrow as pa

from pipeline import collectors
from pipeline.aws.account import Account, Visit
from pipeline.aws.failures import CallFailed
from pipeline.aws.session import GLOBAL
from pipeline.collectors import Collector, Rows
from pipeline.collectors.account_regions import REGIONS
from pipeline.schema import EXTRACTS, LEDGER, Dataset, Row, Scope

Result = TypeVar("Result")


class Reading:
    """Runs the collectors of some scopes over one visit, each once, whoever asks for its rows."""

    def __init__(self, visit: Visit, scopes: tuple[Scope, ...]) -> None:
        self._visit = visit
        self._collectors = [c for c in collectors.discover() if c.scope in scopes]
        self._of_dataset = {d.name: c for c in self._collectors for d in c.datasets}
        self._results: dict[tuple[str, str], Rows | CallFailed] = {}
        self.failures: dict[str, CallFailed] = {}
        """The datasets that could not be read, after `read_all`."""

    def rows(self, dataset: str, region: str = GLOBAL) -> list[Row]:
        """Rows of a dataset, collected now if they are not there yet. Raises the `CallFailed` that it failed with."""
        collector = self._of_dataset[dataset]
        result = self._result(collector, region if collector.scope == "region" else GLOBAL)
        if isinstance(result, CallFailed):
            raise result
        return result[dataset]

    def read_all(self) -> dict[str, pa.Table]:
        """Run every collector. Tables of what finished, and the rows of `extracts` and `ledger` about all of it."""
        tables: dict[str, list[pa.Table]] = {}
        extracts: list[Row] = []
        regions = self._regions()
        for collector in self._collectors:
            for region in regions if collector.scope == "region" else [GLOBAL]:
                made = self._tables(collector, region)
                for dataset in collector.datasets:
                    if isinstance(made, CallFailed):
                        self.failures.setdefault(dataset.name, made)
                        extracts.append(self._extract(dataset, region, 0, made))
                    else:
                        tables.setdefault(dataset.name, []).append(made[dataset.name])
                        extracts.append(self._extract(dataset, region, made[dataset.name].num_rows))
        whole = {name: pa.concat_tables(parts) for name, parts in tables.items()}
        calls = [asdict(call) for call in self._visit.ledger()]
        return whole | {EXTRACTS.name: EXTRACTS.table(extracts), LEDGER.name: LEDGER.table(calls)}

    def _regions(self) -> list[str]:
        """The regions that are read: those that are open, but for any in which an SCP denies all that was asked.

        Such a region is switched off by the organization, so nothing is owed there.
        """
        regional = [collector for collector in self._collectors if collector.scope == "region"]
        try:
            opened = self._open()
        except CallFailed as failed:
            self._results |= {(collector.name, GLOBAL): failed for collector in regional}
            return [GLOBAL]
        return [
            region
            for region in opened
            if not regional or not all(_is_denied(self._result(collector, region)) for collector in regional)
        ]

    def _open(self) -> list[str]:
        """The regions of the settings, else all, that the account has switched on.

        Where the account does not say, all of the settings; raises the `CallFailed` where they name none.
        """
        asked = list(dict.fromkeys(self._visit.cloud.settings.regions))
        if REGIONS.name not in self._of_dataset:
            return asked
        try:
            listed = {row["region_name"]: row["opt_status"] for row in self.rows(REGIONS.name)}
        except CallFailed:
            if asked:
                return asked
            raise
        asked = asked or sorted(listed)
        off = [region for region in asked if listed.get(region) in ("DISABLED", "DISABLING")]
        for region in off:
            self._visit.fail(CallFailed(REGIONS.operations[0], "region_disabled", None, "not switched on", region))
        return [region for region in asked if region not in off]

    def _result(self, collector: Collector, region: str) -> Rows | CallFailed:
        key = (collector.name, region)
        if key not in self._results:
            self._results[key] = _attempt(collector, region, lambda: collector.collect(self._account(region)))
        return self._results[key]

    def _account(self, region: str) -> Account:
        return Account(self._visit, region, partial(self.rows, region=region), self._account)

    def _tables(self, collector: Collector, region: str) -> dict[str, pa.Table] | CallFailed:
        result = self._result(collector, region)
        if isinstance(result, CallFailed):
            return result
        return _attempt(collector, region, lambda: {d.name: d.table(result[d.name]) for d in collector.datasets})

    def _extract(self, dataset: Dataset, region: str, rows: int, failed: CallFailed | None = None) -> Row:
        return {
            "account_id": self._visit.account_id,
            "region": region,
            "dataset": dataset.name,
            "status": "failed" if failed else "ok",
            "rows": rows,
            "operation": failed and (failed.operation or None),
            "error_class": failed and failed.error_class,
            "error_code": failed and failed.error_code,
            "message": failed and failed.message,
        }


def _is_denied(result: Rows | CallFailed) -> bool:
    return isinstance(result, CallFailed) and result.error_class == "scp_deny"


def _attempt(collector: Collector, region: str, work: Callable[[], Result]) -> Result | CallFailed:
    """What the work gives, or why it failed. A collector that breaks on an account must not stop the others."""
    try:
        return work()
    except CallFailed as failed:
        return failed
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        message = (
            f"{collector.name}: {type(error).__name__}: {error} ({last.filename.rsplit('/', 1)[-1]}:{last.lineno})"
        )
        return CallFailed("", "collector_error", type(error).__name__, message, region)
