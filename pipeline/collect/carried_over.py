"""A run of fewer accounts than its night holds: the rows of the others are carried over from the night into the run.

So an account can be read again after its role is repaired, and the night stays whole. Each carried row is as old as
it was: the ledger says of when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import landing
from pipeline.night import Night
from pipeline.schema import EXTRACTS, LEDGER, UNREAD, Dataset

PART = "carried-over"


def carry_over(night: Night, run: Path, account_ids: Collection[str], datasets: Collection[Dataset]) -> None:
    """Put what the night has of these accounts into a run's folder, in place of an earlier try."""
    of_accounts = pa.array([dataset.name for dataset in datasets if dataset.scope != "organization"])
    with landing.Part(run, PART) as part:
        for dataset, rows in _of_accounts(night, account_ids, datasets):
            if dataset in (EXTRACTS, UNREAD):  # the organization itself is read again
                rows = rows.filter(pc.is_in(rows["dataset"], of_accounts))
            part.add(PART, {dataset.name: rows})


def _of_accounts(
    night: Night, account_ids: Collection[str], datasets: Collection[Dataset]
) -> Iterator[tuple[Dataset, pa.Table]]:
    wanted = pa.array(sorted(account_ids))
    for dataset in datasets:
        if dataset.scope != "organization" or dataset in (EXTRACTS, LEDGER, UNREAD):
            rows = landing.read(night, dataset)
            yield dataset, rows.filter(pc.is_in(rows["account_id"], wanted))
