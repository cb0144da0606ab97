"""Publishes reports to a folder: written to a temporary folder, then swapped in, so that nobody opens half a report."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from pipeline import swap
from pipeline.night import REPORTS, Night

LATEST = "latest"
NIGHTS = "nights.js"
"""Beside the folders of the nights: which there are, for the pages of each."""


@contextmanager
def report(night: Night) -> Iterator[Path]:
    """Yield an empty folder for the report of a night.

    If the block succeeds, the folder becomes `reports/<as_of>` and `reports/latest` points to it; if not, everything
    published is unchanged.
    """
    reports = night.report_folder.parent
    reports.mkdir(parents=True, exist_ok=True)
    sweep(reports)
    aside, old = (reports / f".{kind}-{night}-{os.getpid()}" for kind in ("new", "old"))
    aside.mkdir()
    try:
        yield aside
        share(aside, reports, night.as_of)
        swap.put_in_place(aside, night.report_folder, old)
        point(reports / LATEST, night.report_folder.name)
        list_nights(reports)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def share(new: Path, reports: Path, as_of: date) -> None:
    """Make files of a new report that are equal to those of the night before hard links to them, so that what does not
    change, as Plotly, is stored once. Reports are never written to again. Without hard links, all stay copies.
    """
    earlier = max((night for night in dates(reports) if night < as_of), default=None)
    for place, _, names in os.walk(new) if earlier else ():
        for path in (Path(place, name) for name in names):
            twin, link = reports / str(earlier) / path.relative_to(new), path.with_name(f".{path.name}")
            if not twin.is_file() or twin.is_symlink() or not filecmp.cmp(path, twin, shallow=False):
                continue
            try:
                os.link(twin, link)
            except OSError:
                return
            os.replace(link, path)


def list_nights(reports: Path) -> None:
    """Write `nights.js` anew, in one rename."""
    aside = reports / f".new-{NIGHTS}-{os.getpid()}"
    aside.write_text(script_of(dates(reports)), encoding="utf-8")
    os.replace(aside, reports / NIGHTS)


def script_of(nights: Iterable[date]) -> str:
    """The list of nights as the pages read it, newest first."""
    return f"window.nights = {json.dumps([as_of.isoformat() for as_of in sorted(nights, reverse=True)])};\n"


def dates(reports: Path) -> list[date]:
    """The dates of the reports in the folder."""
    folders = (path for path in reports.glob("*") if path.is_dir() and not path.is_symlink())
    return [as_of for path in folders if (as_of := date_of(path.name))]


def remove(night: Night) -> None:
    """Delete the report of a night, if there is one."""
    shutil.rmtree(night.report_folder, ignore_errors=True)
    if night.report_folder.parent.exists():
        list_nights(night.report_folder.parent)


def sweep(reports: Path) -> None:
    """Clean up after killed runs; a report that was being replaced is restored."""
    for left in reports.glob(".old-????-??-??-*"):
        target = reports / left.name[len(".old-") :][: len("2026-11-20")]
        if not target.exists():
            left.rename(target)
    for left in (*reports.glob(".new-*"), *reports.glob(".old-*")):
        shutil.rmtree(left, ignore_errors=True)
    for file in (*reports.glob(f".{LATEST}-*"), *reports.glob(f".new-{NIGHTS}-*")):
        file.unlink(missing_ok=True)


def point(link: Path, target: str) -> None:
    """Point a symbolic link to `target`, atomically."""
    aside = link.with_name(f".{link.name}-{os.getpid()}")
    aside.unlink(missing_ok=True)
    aside.symlink_to(target, target_is_directory=True)
    os.replace(aside, link)


def shown(home: Path) -> Night | None:
    """The night that `reports/latest` shows."""
    link = home / REPORTS / LATEST
    return Night(home, date.fromisoformat(link.resolve().name)) if link.exists() else None


def outdated(dates: Iterable[date], keep: int, spared: date | None) -> list[date]:
    """The dates of the reports to delete if the newest `keep` (0: all) and `spared` are kept."""
    return [as_of for as_of in sorted(dates, reverse=True)[keep:] if as_of != spared] if keep else []


def date_of(name: str) -> date | None:
    """The date in the name of a report's folder; None for any other name."""
    try:
        as_of = date.fromisoformat(name)
    except ValueError:
        return None
    return as_of if as_of.isoformat() == name else None
