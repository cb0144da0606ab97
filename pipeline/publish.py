"""Put reports in their place: written aside, then swapped in, so that nobody opens half a report."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

REPORTS, LATEST = "reports", "latest"


@contextmanager
def report(home: Path, as_of: date) -> Iterator[Path]:
    """A fresh folder to write the report of a night into.

    When the block ends well, the folder becomes `reports/<as_of>` and `reports/latest` leads to it; when it does
    not, everything published stays as it was.
    """
    reports = home / REPORTS
    reports.mkdir(parents=True, exist_ok=True)
    aside, old = (reports / f".{kind}-{as_of}-{os.getpid()}" for kind in ("new", "old"))
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        yield aside
        target = reports / as_of.isoformat()
        if target.exists():
            target.rename(old)
        aside.rename(target)
        point(reports / LATEST, target.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def point(link: Path, target: str) -> None:
    """Make a link lead to `target`, in one step."""
    aside = link.with_name(f".{link.name}-{os.getpid()}")
    aside.unlink(missing_ok=True)
    aside.symlink_to(target, target_is_directory=True)
    os.replace(aside, link)


def shown(home: Path) -> date | None:
    """The night that `reports/latest` shows."""
    link = home / REPORTS / LATEST
    return date.fromisoformat(link.resolve().name) if link.exists() else None
