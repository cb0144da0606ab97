"""Publishing a night, or holding it back: where the warehouse and the report meet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assets.progress import Progress
from pipeline import publish, store
from pipeline.quality import QualityResult
from pipeline.settings import Settings
from reports import site
from reports.site import Site


@dataclass(frozen=True)
class Published:
    """Where a published night is."""

    database: Path
    report: Path
    site: Site


def publish_night(settings: Settings, as_of: date, progress: Progress) -> Published:
    """Put the database and the report of the newest judged night in their places."""
    database, newest = store.publish(settings, as_of)
    with publish.report(settings.home, newest) as folder:
        built = site.build(database, folder, progress=lambda done, total: progress.step("report", done, total))
    progress.end("published", f"{newest}: {len(built.pages)} pages")
    return Published(database, settings.home / publish.REPORTS / publish.LATEST, built)


def hold_back(settings: Settings, as_of: date, blocked: list[QualityResult]) -> str:
    """Leave what is published in its place, with a notice why `as_of` is not there. Returns the reason."""
    names = "; ".join(f"{result.dataset}.{result.check_name}: {result.message}" for result in blocked[:3])
    more = f" and {len(blocked) - 3} more" if len(blocked) > 3 else ""
    reason = f"{len(blocked)} {'check' if len(blocked) == 1 else 'checks'} on its inputs failed: {names}{more}"
    store.note_blocked(settings, as_of, reason)
    shown = publish.shown(settings.home)
    if shown and shown < as_of:
        with publish.report(settings.home, shown) as folder:
            site.build(settings.home / store.PUBLISHED, folder, notice=f"{as_of} is not published: {reason}")
    return reason
