"""What watches from outside is told: metrics and a heartbeat, as the last step of a night.

None can fail a night: it is published by then, and what went wrong is a warning.
"""

from typing import Any

import dagster as dg

from assets.defs import nights
from assets.defs.delivery import IN_BUCKET
from assets.defs.notification import NOTIFICATION
from assets.defs.report import DATABASE_ASSET, PAGES
from assets.defs.steps import refusing
from assets.resources import RunSettings
from pipeline.collect.unread import unread_accounts
from pipeline.night import Night
from pipeline.progress import Progress
from pipeline.publish import heartbeat, metrics, telemetry
from pipeline.settings import Refused, Settings
from pipeline.text import on_one_line

SIGNALS = "signals"
FAILED = 2


def signals(settings: Settings) -> list[dg.AssetsDefinition]:
    """The last step of a night; absent if nobody is to be told."""
    if not is_wanted(settings):
        return []
    last = [*([IN_BUCKET] if settings.publish_to else []), *([NOTIFICATION] if settings.notify else [])]

    @dg.asset(
        name=SIGNALS,
        deps=[DATABASE_ASSET, *(name for name, _ in PAGES.values()), *last],
        group_name="published",
        kinds={"prometheus"},
        description="Metrics and the heartbeat after a night. If they fail, the step warns but succeeds.",
    )
    def tell_outside(
        context: dg.AssetExecutionContext, settings: RunSettings, progress: dg.ResourceParam[Progress]
    ) -> dg.MaterializeResult[Any]:
        with refusing():
            chosen = settings.load()
            night = nights.night_or_shown(chosen, context)
        return dg.MaterializeResult(metadata=told_outside(context, chosen, night, progress))

    return [tell_outside]


def is_wanted(settings: Settings) -> bool:
    """Whether a metrics file, a collector or a heartbeat is set."""
    return bool(settings.metrics_file or settings.otlp_endpoint or settings.heartbeat_url)


def told_outside(
    context: dg.AssetExecutionContext | dg.OpExecutionContext, settings: Settings, night: Night, progress: Progress
) -> dict[str, Any]:
    """Tell what watches from outside of a published night; what did not work is only a warning."""
    try:
        problems = published(settings, night, started(context))
    except Exception as error:  # the night is published, whatever the figures are
        problems = [f"{type(error).__name__}: {on_one_line(error, 200)}"]
    for problem in problems:
        context.log.warning(f"not told: {problem}")
    progress.end(SIGNALS, "; ".join(f"not told: {problem}" for problem in problems) or "told")
    return {"not_told": problems} if problems else {}


def started(context: dg.AssetExecutionContext | dg.OpExecutionContext) -> float:
    """When the run began, as Unix time."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    return record.start_time if record and record.start_time else nights.now()


def published(settings: Settings, night: Night, since: float, least: int = 0) -> list[str]:
    """Tell the metrics of a published night, and beat: the exit code is `least` or more. Returns what did not work."""
    now, problems = nights.now(), []
    if settings.metrics_file or settings.otlp_endpoint:
        unread, accepted = unread_accounts(night)
        figures = metrics.of_run(now, now - since, max(least, int(unread > 0))) | metrics.of_night(settings.home)
        figures |= {
            "rolecall_last_success_timestamp_seconds": now,
            "rolecall_accounts_unread": unread,
            "rolecall_accounts_accepted": accepted,
        }
        problems += _sent(settings, figures)
    if settings.heartbeat_url and (problem := heartbeat.beat(settings.heartbeat_url)):
        problems.append(f"heartbeat_url: {problem}")
    return problems


def failed(settings: Settings, since: float) -> list[str]:
    """Tell the metrics of a run that published nothing: what the last night has stays. Returns what did not work."""
    now = nights.now()
    before = metrics.before(settings.metrics_file) if settings.metrics_file else {}
    return _sent(settings, before | metrics.of_run(now, now - since, FAILED))


def _sent(settings: Settings, figures: metrics.Figures) -> list[str]:
    problems = []
    if settings.metrics_file:
        try:
            metrics.write(settings.metrics_file, figures)
        except Refused as refused:
            problems.append(str(refused))
    if settings.otlp_endpoint and (problem := telemetry.send(settings.otlp_endpoint, figures)):
        problems.append(f"otlp_endpoint: {problem}")
    return problems
