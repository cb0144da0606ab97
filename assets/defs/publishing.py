"""Publishing a night, or holding it back: connects the warehouse and the report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from assets import home
from pipeline import collectors
from pipeline.night import DATABASE, Night
from pipeline.progress import Progress, Silent
from pipeline.publish import bucket, database, folder, retention
from pipeline.publish.bucket import Delivered
from pipeline.publish.retention import Outdated
from pipeline.quality.run import QualityResult
from pipeline.settings import Refused, Settings
from pipeline.text import plural
from pipeline.warehouse import store
from pipeline.warehouse.invariants import Broken
from reports import chromium, documents
from reports.site import Site
from reports.site import build as build_site


@dataclass(frozen=True)
class Published:
    """The paths of a published night."""

    database: Path
    report: Path
    site: Site


def publish_night(settings: Settings, night: Night, progress: Progress) -> Published:
    """Publish the database and the report of the newest judged night, both or neither.

    Raises `Broken` if the night contradicts itself, after removing it from the history and holding it back.
    """
    try:
        with database.written(settings, night) as (path, newest):
            site = build_report(settings, newest, path, progress)
    except Broken as broken:
        held_back, published = night.on(broken.as_of), folder.shown(night.home)
        if not (published and published >= held_back):
            store.take_out(held_back)
        hold_back(settings, held_back, broken.reason)
        raise
    return Published(night.home / DATABASE, newest.report_folder.parent / folder.LATEST, site)


def build_report(settings: Settings, night: Night, path: Path, progress: Progress) -> Site:
    """Build and publish the report of a database's night, with a notice if a later night is held back."""
    held_back = store.held_back_after(night)
    notice = f"{held_back[0]} is not published: {held_back[1]}" if held_back else None
    with folder.report(night) as aside:
        site = build_site(path, aside, notice, progress, preview(settings, night))
        files = None
        try:
            files = documents.make(aside) if settings.render_pdf else None
        except Exception as error:  # Chromium is another's program: the pages are there without it
            site.note("the documents", error)
    retention.prune(outdated(settings))
    progress.end("published", f"{night}: {len(site.pages)} pages")
    if site.not_made:
        log = home.log_failure(settings.home, "\n".join(site.not_made.values()))
        progress.end("missing", f"{'; '.join(site.not_made)}; {log} has the details")
    if files:
        progress.end("documents", str(files))
    return site


def preview(settings: Settings, night: Night) -> str | None:
    """The address of the first screen as a picture, if there will be one at an address that others reach."""
    if settings.report_url is None or not settings.render_pdf or chromium.find() is None:
        return None
    return f"{settings.report_url.rstrip('/')}/{night}/{documents.picture_of(documents.OVERVIEW)}"


def outdated(settings: Settings) -> Outdated:
    """The landings and reports beyond what the settings keep."""
    kept = (settings.keep_landings, settings.keep_reports)
    return retention.outdated(settings.home, *kept, collectors.datasets().values())


def failed_checks(failed: list[QualityResult]) -> str:
    """One sentence on which failed input checks hold a night back."""
    names = "; ".join(f"{result.dataset}.{result.check_name}: {result.message}" for result in failed[:3])
    more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
    return f"{plural(len(failed), 'check')} on its inputs failed: {names}{more}"


def hold_back(settings: Settings, night: Night, reason: str) -> str:
    """Keep the published night, with a notice why this one is missing. Returns the reason."""
    store.note_held_back(night, reason)
    published = folder.shown(settings.home)
    if published and published < night:
        build_report(settings, published, night.home / DATABASE, Silent())
        try:
            deliver(settings, published, Silent())
        except Refused as refused:
            reason += f"; the bucket does not say so: {refused}"
    return reason


def deliver(settings: Settings, night: Night, progress: Progress) -> Delivered | None:
    """Upload the report of a night to the bucket, if one is set."""
    if not settings.publish_to:
        return None
    done = bucket.publish(settings, night, progress)
    progress.end(bucket.STAGE, f"{done.address}: {plural(done.objects, 'object')}")
    return done


def republish(settings: Settings, as_of: date | None, progress: Progress) -> tuple[Path, bool]:
    """Publish a night again (None: the newest), locally and to the bucket. Returns the path of its index page, and
    whether all of the report could be made.

    The newest night is rebuilt from the database. An older one is uploaded from its folder, and `latest` is unchanged.
    """
    database.shown(settings)  # refused before the lock makes a folder
    with home.held(settings.home, lambda sentence: progress.end("home", sentence)):
        newest = database.shown(settings)
        night = newest.on(as_of) if as_of else newest
        index = night.report_folder / bucket.INDEX
        is_whole = True
        if night == newest:
            try:
                site = build_report(settings, newest, newest.home / DATABASE, progress)
            except duckdb.Error as error:
                problem = f"{newest.home / DATABASE}: {str(error).splitlines()[0]}"
                raise Refused(f"{problem}; `rolecall run --judge-only --as-of {newest}` writes it anew") from error
            is_whole = not site.not_made
        elif night > newest:
            raise Refused(f"{night}: it is not published yet; `rolecall run --judge-only --as-of {night}` does")
        elif not index.is_file():
            only = f"only the newest night ({newest}) can be built anew from the database"
            raise Refused(f"{night}: there is no {index}, and {only}")
        deliver(settings, night, progress)
    return index, is_whole
