"""A run of fewer accounts than its night holds: the rows of the others are carried over from the night into the run.

So an account can be read again after its role is repaired, and the night stays whole. Each carried row is as old as
it was: the ledger says of when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import damage, landing
from pipeline.night import Night
from pipeline.schema import EXTRACTS, LEDGER, UNREAD, Dataset
from pipeline.settings import Refused

PART = "carried-over"
MOST_NAMED = 3


def check_current(night: Night, datasets: Collection[Dataset]) -> None:
    """Raise `Refused` for a night that an earlier version landed: what it did not ask would seem to be null."""
    asked = set(landing.read(night, EXTRACTS)["dataset"].to_pylist())
    carried = [dataset for dataset in datasets if dataset.operations and dataset.scope != "organization"]
    lacking = [dataset.name for dataset in carried if dataset.name not in asked]
    for dataset in carried:
        names = [damage.columns(file) for file in landing.files(night, dataset)]
        lacking += [f"{dataset.name}.{c.name}" for c in dataset.columns if any(c.name not in has for has in names)]
    if lacking:
        more = f" and {len(lacking) - MOST_NAMED} more" if len(lacking) > MOST_NAMED else ""
        raise Refused(
            f"{night}: an earlier version landed it, without {', '.join(lacking[:MOST_NAMED])}{more}; "
            "read the whole night again, not some accounts of it"
        )


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
