"""Publishing a night, or holding it back: where the warehouse and the report meet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import duckdb

from assets import home
from assets.cli.progress import Progress, Silent
from pipeline.night import Night
from pipeline.publish import bucket
from pipeline.publish import folder as publish
from pipeline.publish.bucket import Delivered
from pipeline.quality.run import QualityResult
from pipeline.settings import Refused, Settings
from pipeline.text import plural
from pipeline.warehouse import build as store
from reports import documents, site
from reports.site import Site


@dataclass(frozen=True)
class Published:
    """Where a published night is."""

    database: Path
    report: Path
    site: Site


def publish_night(settings: Settings, night: Night, progress: Progress) -> Published:
    """Put the database and the report of the newest judged night in their places."""
    database, newest = store.publish(settings, night)
    built = build(settings, newest, progress)
    return Published(database, newest.report_folder.parent / publish.LATEST, built)


def build(settings: Settings, newest: Night, progress: Progress) -> Site:
    """Put the report of the database's night in its place; a notice of a night held back since stays on it."""
    blocked = store.blocked_after(settings, newest)
    notice = f"{blocked[0]} is not published: {blocked[1]}" if blocked else None
    with publish.report(newest) as folder:
        database, told = settings.home / store.PUBLISHED, partial(progress.step, "report")
        built = site.build(database, folder, notice, told)
        made = documents.make(folder) if settings.documents else None
    publish.prune(settings.home, settings.keep_reports)
    progress.end("published", f"{newest}: {len(built.pages)} pages")
    if made:
        progress.end("documents", str(made))
    return built


def hold_back(settings: Settings, night: Night, blocked: list[QualityResult]) -> str:
    """Leave what is published in its place, with a notice why this night is not there. Returns the reason."""
    names = "; ".join(f"{result.dataset}.{result.check_name}: {result.message}" for result in blocked[:3])
    more = f" and {len(blocked) - 3} more" if len(blocked) > 3 else ""
    reason = f"{len(blocked)} {'check' if len(blocked) == 1 else 'checks'} on its inputs failed: {names}{more}"
    store.note_blocked(settings, night, reason)
    shown = publish.shown(settings.home)
    if shown and shown < night:
        build(settings, shown, Silent())
        try:
            deliver(settings, shown, Silent())
        except Refused as refused:
            reason += f"; the bucket does not say so: {refused}"
    return reason


def deliver(settings: Settings, night: Night, progress: Progress) -> Delivered | None:
    """Put the report of a night into the bucket, where the settings name one."""
    if not settings.publish_to:
        return None
    done = bucket.publish(settings, night, partial(progress.step, "bucket"))
    progress.end("bucket", f"{done.address}: {plural(done.objects, 'object')}")
    return done


def republish(settings: Settings, as_of: date | None, progress: Progress) -> Path:
    """Publish the night of a date (the newest, if None) again, here and in the bucket. Returns the index of its report.

    The newest is built anew from the database. An older one is taken from its folder, and `latest` stays as it is.
    """
    store.shown(settings)  # refused before the lock makes a folder
    with home.held(settings.home):
        newest = store.shown(settings)
        night = newest.on(as_of) if as_of else newest
        index = night.report_folder / bucket.INDEX
        if night == newest:
            try:
                build(settings, newest, progress)
            except duckdb.Error as error:
                said = f"{settings.home / store.PUBLISHED}: {str(error).splitlines()[0]}"
                raise Refused(f"{said}; `rolecall run --judge-only --as-of {newest}` writes it anew") from error
        elif night > newest:
            raise Refused(f"{night}: it is not published yet; `rolecall run --judge-only --as-of {night}` does")
        elif not index.is_file():
            only = f"only the newest night ({newest}) can be built anew from the database"
            raise Refused(f"{night}: there is no {index}, and {only}")
        deliver(settings, night, progress)
    return index
