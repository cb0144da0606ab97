"""Which nights' reports and landings are deleted, so that a home does not grow for ever.

The history of verdicts stays in the warehouse. A landing is still needed to rebuild a lost warehouse, and for datasets
that look back (`history_days`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pipeline import landing
from pipeline.night import REPORTS, Night
from pipeline.publish import folder
from pipeline.schema import Dataset
from pipeline.warehouse import store


@dataclass(frozen=True)
class Outdated:
    """Nights whose landing and nights whose report are beyond what is kept, oldest first."""

    landings: list[Night]
    reports: list[Night]


def outdated(home: Path, keep_landings: int, keep_reports: int, datasets: Iterable[Dataset]) -> Outdated:
    """What can be deleted if the newest so many are kept (0: all).

    Never the newest judged night, the published one, or a landing that a dataset of the newest still looks back to.
    """
    landed = landing.nights(home)
    published, (judged, _) = folder.shown(home), store.nights_known(home)
    spared = {published, *(night for night in landed if night.as_of == max(judged, default=None))}
    longest = timedelta(days=max((dataset.history_days for dataset in datasets), default=0))
    old = [n for n in landed if n not in spared and n.as_of < landed[-1].as_of - longest]
    reports = folder.outdated(folder.dates(home / REPORTS), keep_reports, published.as_of if published else None)
    beyond = set(landed[:-keep_landings]) if keep_landings else set()
    return Outdated([night for night in old if night in beyond], [Night(home, as_of) for as_of in sorted(reports)])


def prune(nights: Outdated) -> None:
    """Delete these landings and reports."""
    for night in nights.landings:
        landing.remove(night)
    for night in nights.reports:
        folder.remove(night)
