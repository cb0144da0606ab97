"""The nights of a home: what became of each, and taking one out for good."""

from __future__ import annotations

from textwrap import shorten

from rich.console import Console
from rich.table import Table

from assets import home
from assets.defs import publishing
from pipeline import landing
from pipeline.night import WAREHOUSE, Night
from pipeline.progress import Progress, Silent
from pipeline.publish import folder, retention
from pipeline.settings import Refused, Settings
from pipeline.warehouse import rebuild as again
from pipeline.warehouse import store

LONGEST_REASON = 110


def listed(settings: Settings) -> Table:
    """A row for each night that has landed or was judged, the newest first."""
    judged, held_back = store.nights_known(settings.home)
    landed = {night.as_of for night in landing.nights(settings.home)}
    published = folder.shown(settings.home)
    table = Table("Night", "Landed", "Judged", "Report", "Held back because", box=None)
    for as_of in sorted(landed | judged | held_back.keys(), reverse=True):
        night = Night(settings.home, as_of)
        report = "latest" if night == published else "yes" if night.report_folder.is_dir() else "no"
        words = ("yes" if as_of in landed else "no", "yes" if as_of in judged else "no")
        table.add_row(str(night), *words, report, shorten(held_back.get(as_of, ""), LONGEST_REASON, placeholder=" …"))
    return table


def prune(settings: Settings, is_dry: bool, console: Console) -> None:
    """Delete landings and reports beyond what the settings keep, or only say which."""
    with home.held(settings.home):
        nights = publishing.outdated(settings)
        if not is_dry:
            retention.prune(nights)
    verb = "would be deleted" if is_dry else "deleted"
    for what, dates in (("landings", nights.landings), ("reports", nights.reports)):
        console.print(
            f"{what}: {len(dates)} {verb}{': ' if dates else ''}{', '.join(map(str, dates))}", highlight=False
        )


def rebuild(settings: Settings, progress: Progress) -> None:
    """Judge every landed night again, oldest first, in a new warehouse, and publish the newest.

    The warehouse as it was is kept beside it until all are judged. Raises `Refused` if nothing has landed.
    """
    with home.held(settings.home):
        nights = landing.nights(settings.home)
        if not nights:
            raise Refused(f"{settings.home}: nothing has landed there to rebuild from")
        warehouse, aside = settings.home / WAREHOUSE, settings.home / f"{WAREHOUSE}.before"
        if warehouse.exists():
            warehouse.replace(aside)
        try:
            again.rebuild(settings, nights, lambda night: progress.step("nights", nights.index(night) + 1, len(nights)))
        except BaseException:
            if aside.exists():
                aside.replace(warehouse)
            raise
        aside.unlink(missing_ok=True)
        judged, held_back = store.nights_known(settings.home)
        progress.end("nights", f"{len(judged)} judged, {len(held_back)} held back")
        if judged:
            publishing.publish_night(settings, Night(settings.home, max(judged)), progress)


def remove(settings: Settings, night: Night, console: Console) -> None:
    """Take a night out: its landing, its report and its part of the history. The newest left is published again.

    Raises `Refused` for a night that is not there, and for the only one that was judged.
    """
    with home.held(settings.home):
        judged, held_back = store.nights_known(settings.home)
        if night not in landing.nights(settings.home) and night.as_of not in judged | held_back.keys():
            raise Refused(f"{night}: there is no such night in {settings.home}; see `rolecall nights`")
        left = max(judged - {night.as_of}, default=None)
        if night.as_of in judged:
            if left is None:
                raise Refused(f"{night}: it is the only night that was judged; delete {settings.home} to begin anew")
            if night.on(left) not in landing.nights(settings.home):
                raise Refused(f"{night}: the night before it, {left}, has no landing left to be published from")
        landing.remove(night)
        store.take_out(night)
        if left is not None:
            publishing.publish_night(settings, night.on(left), Silent())
        folder.remove(night)
    console.print(f"{night} is taken out" + (f"; {left} is the newest night" if left else ""), highlight=False)
