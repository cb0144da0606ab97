"""What is not asked tonight, because the answer is known: lists that were empty on earlier nights.

- A list in a Region that has been empty for a week is asked for once in seven nights. The account and the Region decide
  on which, so that the calls are spread, and what is read together is of one night.
- Where an analyzer of the organization covers a Region, an account without analyzers of its own there is asked for
  them once in seven nights, without that week.
- Where GetAccountSummary counts nothing, a list that was empty on the last night still is.

A list that has something, or whose last reading failed, is asked for every night. `extracts` says of which night the
rows are (`read_on`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache

from pipeline import collectors
from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.aws.visit import Visit
from pipeline.collect.counts import counted_of, counts_none
from pipeline.collectors import Collector
from pipeline.collectors._turns import NIGHTS, is_due
from pipeline.collectors.analyzers import ANALYZERS
from pipeline.collectors.external_analyzers import covered
from pipeline.schema import Dataset, Row


def empty_since_read(
    collector: Collector, account: Account, summary: Callable[[Account], Mapping[str, int]]
) -> date | None:
    """The night on which the collector found nothing, if that holds tonight; None if it must ask.

    `summary` is asked for AWS's counts, and may raise `CallFailed`.
    """
    last = [extract for extract in map(account.last, collector.datasets) if extract]
    read = [extract.read_on for extract in last if extract.read_on]
    empty = [extract.empty_since for extract in last if extract.empty_since]
    if not len(read) == len(empty) == len(collector.datasets):
        return None
    if counted := counted_of(collector.datasets):
        is_all = len(counted) == len(collector.datasets)
        return account.memory.as_of if is_all and _counts_none(counted, account, summary) else None
    if collector.scope != "region" or account.region in account.closed_regions or not _is_asked_first(collector):
        return None
    as_of = account.memory.as_of
    if is_due(f"{account.account_id} {account.region}", min(read), as_of):
        return None
    if collector.datasets == (ANALYZERS,):
        return min(read) if account.region in _covered(account) else None
    return min(read) if (as_of - max(empty)).days >= NIGHTS else None


def _counts_none(counted: Sequence[str], account: Account, summary: Callable[[Account], Mapping[str, int]]) -> bool:
    try:
        return counts_none(counted, summary(account))
    except CallFailed:
        return False


def aged(visit: Visit, dataset: Dataset, region: str, rows: int, read_on: date | None) -> Row:
    """How old a successful extract is: `read_on` and `empty_since`.

    Rows that a collector keeps are of the last seven nights. What could not be read is something, too.
    """
    if (memory := visit.cloud.memory) is None:
        return {}
    last, empty_since = memory.last(dataset, visit.account_id, region), None
    if not rows and not any((of["region"], of["dataset"]) == (region, dataset.name) for of in visit.unread):
        empty_since = (last and last.empty_since) or memory.as_of
    if (dataset.name, region) in visit.kept:
        oldest = memory.as_of - timedelta(days=NIGHTS - 1)
        read_on = max(oldest, (last and last.read_on) or oldest)
    return {"read_on": read_on or memory.as_of, "empty_since": empty_since}


@cache
def _is_asked_first(collector: Collector) -> bool:
    """Whether it lists things, and not what belongs to the rows of another; AWS keeps what it lists."""
    others = [d for c in collectors.discover() if c.scope == "region" and c != collector for d in c.datasets]
    return not any(
        dataset.history_days or dataset.operations[: len(other.operations)] == other.operations
        for dataset in collector.datasets
        for other in others
    )


def _covered(account: Account) -> frozenset[str]:
    """The Regions that the organization's analyzers cover, if one also watches unused access."""
    unused = {"analyzer_type": "ORGANIZATION_UNUSED_ACCESS", "status": "ACTIVE"}
    watched = account.memory.once("unused access", lambda: account.memory.last_rows(ANALYZERS, unused))
    return covered(account) if watched else frozenset()
