"""Runs one night in this process: the steps of Dagster's job (`assets.defs.plain`), with progress on the console."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from sqlalchemy.exc import SQLAlchemyError

from assets import home
from assets.defs import nights, notification, plain, signals
from assets.defs.collection import is_over
from assets.defs.delivery import IN_BUCKET
from assets.remembered import forget
from pipeline import landing
from pipeline.collect.unread import unread_accounts
from pipeline.night import DATABASE, Night
from pipeline.progress import Progress
from pipeline.publish import database, folder, notify
from pipeline.settings import Refused, Settings
from pipeline.text import on_one_line


@dataclass(frozen=True)
class Done:
    """A published night: its paths, and how many accounts could not be read fully, but for gaps that are accepted."""

    night: Night
    report: Path
    database: Path
    unread: int
    accepted: int = 0
    """Accounts of which all that could not be read is an accepted gap."""
    missing: tuple[str, ...] = ()
    """What of the report could not be made or uploaded: a sentence each."""


def run_night(
    settings: Settings, night: Night, progress: Progress, *, judge_only: bool = False, verbose: bool = False
) -> Done:
    """Collect, check, judge and publish a night. Raises `Refused` with the one sentence that says what went wrong."""
    nights.check_not_ahead(settings, night)
    notify.targets(settings)
    since = nights.now()
    with (
        rare_collections(),
        judged_again_or_read(settings, night, judge_only, progress),
        dg.DagsterInstance.ephemeral() as instance,
        kept_instance(settings) as kept,
    ):
        result = plain.job(settings, progress).execute_in_process(
            run_config={
                "loggers": {"console": {"config": {"log_level": "INFO" if verbose else "CRITICAL"}}},
                "ops": {"plan_accounts": {"config": {"judge_only": judge_only}}},
            },
            partition_key=str(night),
            instance=instance,
            raise_on_error=False,
        )
        if result.success:
            try:
                for made in plain.materialized(night, result, settings):
                    kept.report_runless_asset_event(made)
                forget(kept, str(min(landing.nights(settings.home))))
            except Exception as error:  # the night is published: Dagster's page may lack it, the run is whole
                progress.end("dagster", f"was not told: {type(error).__name__}: {on_one_line(error, 200)}")
    failures = result.filter_events(lambda event: event.is_step_failure)
    missing = plain.not_made(result)
    if not result.success:
        is_published = {event.step_key for event in failures} == {IN_BUCKET}
        errors = [data.error for event in failures if (data := event.step_failure_data) and data.error]
        log = home.log_failure(settings.home, "\n".join(error.to_string() for error in errors))
        reason = notification.why(failures, f"{log} has the details")
        if outcome := notification.tell_of_failure(settings, night, reason):
            progress.end(notification.STAGE, str(outcome))
        told = signals.published(settings, night, since, 1) if is_published else signals.failed(settings, since)
        for problem in told:
            progress.end(signals.SIGNALS, f"not told: {problem}")
        if not is_published:
            raise Refused(reason)
        missing.append(reason)
    nights.check_not_ahead(settings, database.shown(settings))
    report = night.report_folder.parent / folder.LATEST / "index.html"
    return Done(night, report, settings.home / DATABASE, *unread_accounts(night), (*missing,))


@contextmanager
def rare_collections() -> Iterator[None]:
    """Look for garbage more rarely: most of what a night makes, modules above all, stays to its end."""
    before = gc.get_threshold()
    gc.set_threshold(50_000, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def judged_again_or_read(settings: Settings, night: Night, judge_only: bool, progress: Progress) -> Iterator[None]:
    """Hold the home for a night that can be read today or has landed. Raises `Refused` for another."""
    with home.held(settings.home, lambda sentence: progress.end("home", sentence)):
        is_over(settings, night, judge_only)
        yield


def kept_instance(settings: Settings) -> dg.DagsterInstance:
    """The Dagster instance of the home. Raises `Refused` where its files are damaged, before anything is read."""
    place = home.dagster_home(settings.home)
    try:
        return dg.DagsterInstance.from_config(str(place))
    except (sqlite3.Error, SQLAlchemyError) as error:
        message = on_one_line(getattr(error, "orig", error))
        raise Refused(f"{place}: Dagster cannot open its history ({message}); move {place / 'history'} away") from error
