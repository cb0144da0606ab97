"""Notifications: about a published night as the last step of the job, about a failed one from whatever ran it.

A message that cannot be delivered is only a warning: the night stays published, and the step succeeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from assets.defs import nights
from assets.defs.delivery import IN_BUCKET
from assets.defs.report import DATABASE_ASSET, PAGES
from assets.defs.steps import refusing
from assets.resources import RunSettings
from pipeline.night import DATABASE, Night
from pipeline.progress import Progress
from pipeline.publish import digest, notify
from pipeline.publish.digest import Message
from pipeline.settings import Refused, Settings
from pipeline.text import on_one_line
from reports import documents

NOTIFICATION, STAGE = "notification", "told"


@dataclass(frozen=True)
class Told:
    """Outcome of a message: how many of the targets accepted it, and a sentence for each failure."""

    done: int
    total: int
    failures: list[str]

    def __str__(self) -> str:
        return "; ".join([f"{self.done} of {self.total}", *(f"not {failure}" for failure in self.failures)])


def notification(settings: Settings) -> list[dg.AssetsDefinition]:
    """The last step of a night; absent if no targets are set."""
    if not settings.notify:
        return []

    @dg.asset(
        name=NOTIFICATION,
        deps=[DATABASE_ASSET, *(name for name, _ in PAGES.values()), *([IN_BUCKET] if settings.publish_to else [])],
        group_name="published",
        kinds={"apprise"},
        description="The notification about the night. If it cannot be delivered, the step warns but succeeds.",
    )
    def tell_of(
        context: dg.AssetExecutionContext, settings: RunSettings, progress: dg.ResourceParam[Progress]
    ) -> dg.MaterializeResult[Any]:
        with refusing():
            chosen = settings.load()
            night = nights.night_or_shown(chosen, context)
        return dg.MaterializeResult(metadata=told_of(context, chosen, night, progress))

    return [tell_of]


def told_of(
    context: dg.AssetExecutionContext | dg.OpExecutionContext, settings: Settings, night: Night, progress: Progress
) -> dict[str, Any]:
    """Send the message about a night, and say what came of it."""
    try:
        outcome = tell_of_night(settings, night)
    except Exception as error:  # the night is published, whatever is told of it
        outcome = Told(0, len(settings.notify), [f"{type(error).__name__}: {on_one_line(error, 200)}"])
    progress.end(STAGE, str(outcome))
    if not isinstance(outcome, Told):
        return {"told": outcome}
    for failure in outcome.failures:
        context.log.warning(f"not told: {failure}")
    failed = {"not_told": outcome.failures} if outcome.failures else {}
    return {"told": outcome.done, "targets": outcome.total, **failed}


def tell_of_night(settings: Settings, night: Night) -> Told | str:
    """Send the night's digest and return the outcome, or return why it was skipped."""
    summary = digest.digest(settings.home / DATABASE)
    if summary.as_of != night.as_of:
        return f"nobody: the reports show {summary.as_of}"
    if settings.notify_when == "changed" and not summary.is_changed:
        return "nobody: nothing changed"
    return tell(settings, summary.message(digest.link(settings, night)), [night.report_folder / documents.PDF])


def tell_of_failure(settings: Settings, night: Night, sentence: str) -> Told | None:
    """Send why a night failed or was held back; None if no targets are set."""
    return tell(settings, digest.failure(settings, night, sentence)) if settings.notify else None


def tell(settings: Settings, message: Message, files: Sequence[Path] = ()) -> Told:
    try:
        whom = notify.targets(settings)
    except Refused as refused:
        return Told(0, len(settings.notify), [str(refused)])
    failures = notify.send(whom, message, files)
    return Told(len(whom) - len(failures), len(whom), failures)


def why(failures: Sequence[dg.DagsterEvent], details: str) -> str:
    """Why a run failed, from its first failed step; `details` says where to find more."""
    for event in failures:
        data = event.step_failure_data
        if data.user_failure_data and data.user_failure_data.description:
            return data.user_failure_data.description
        error = data.error
        while error and error.cause:
            error = error.cause
        if error:
            return f"{event.step_key}: {on_one_line(error.message)} ({details})"
    return f"the run failed ({details})"
