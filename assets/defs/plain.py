"""A night as a job of plain steps, for the command line: what the assets run, without events for each of their tables.

Dagster takes longer for the thousand events of a night of assets than a small organization takes to be read.
"""

from collections.abc import Callable
from typing import Any

import dagster as dg

from assets.defs import checks, delivery, models, nights, notification, publishing, signals
from assets.defs.collection import land_step, plan_accounts, read_accounts
from assets.defs.jobs import JOB
from assets.defs.report import shown
from assets.defs.steps import holding, refusing
from assets.resources import RunSettings, run_settings
from pipeline.night import Night
from pipeline.progress import Progress
from pipeline.schema import EXTRACTS
from pipeline.settings import Settings
from pipeline.warehouse import parameters
from pipeline.warehouse.models import load as load_catalog
from pipeline.warehouse.store import check_engine

Work = Callable[[dg.OpExecutionContext, Settings, Night, Progress], Any]
CHECKS, MODELS, PUBLISH = "raw_checks", "models", "publish"


def job(settings: Settings, progress: Progress) -> dg.JobDefinition:
    """The steps for these settings, in the order of the assets. Raises `Refused` for an invalid setting or model."""
    check_engine()
    parameters.check(settings, load_catalog())
    land = land_step({EXTRACTS.name: EXTRACTS})
    steps = [step(name, work) for name, work in works(settings).items()]

    @dg.graph(name=JOB)
    def night() -> None:
        roll, shards = plan_accounts()
        done = land(roll, shards.map(lambda index: read_accounts(roll, index)).collect())
        for each in steps:
            done = each(after=done)

    return night.to_job(
        resource_defs={"settings": run_settings(settings), "progress": progress},
        partitions_def=nights.partitions(settings),
        executor_def=dg.in_process_executor,
    )


def works(settings: Settings) -> dict[str, Work]:
    """What comes after the landing, by name of its step."""
    found: dict[str, Work] = {
        CHECKS: _check,
        MODELS: lambda _, chosen, night, progress: models.judge(chosen, night, None, progress),
        PUBLISH: lambda _, chosen, night, progress: publishing.publish_night(chosen, night, progress),
    }
    if settings.publish_to:
        found[delivery.IN_BUCKET] = lambda _, chosen, night, progress: delivery.delivered(chosen, progress)
    if settings.notify:
        found[notification.NOTIFICATION] = notification.told_of
    if signals.is_wanted(settings):
        found[signals.SIGNALS] = signals.told_outside
    return found


def step(name: str, work: Work) -> dg.OpDefinition:
    @dg.op(name=name, ins={"after": dg.In(dg.Nothing)})
    def run(context: dg.OpExecutionContext, settings: RunSettings, progress: dg.ResourceParam[Progress]) -> Any:
        with refusing():
            chosen = settings.load()
            night = nights.night_of(chosen, context)
        with holding(chosen):
            return work(context, chosen, night, progress)

    return run


def _check(context: dg.OpExecutionContext, settings: Settings, night: Night, progress: Progress) -> None:
    checks.stop_if_blocked(settings, night, checks.checked(context.log, settings, night, progress))


def not_made(result: dg.ExecuteInProcessResult) -> list[str]:
    """What of the report the night lacks; nothing where the report was not written."""
    is_written = result.filter_events(lambda event: event.is_step_success and event.step_key == PUBLISH)
    return list(result.output_for_node(PUBLISH).site.not_made) if is_written else []


def materialized(night: Night, result: dg.ExecuteInProcessResult, settings: Settings) -> list[dg.AssetMaterialization]:
    """What the steps made, as the assets would say it: each control with its measures, the database, the pages."""
    controls = load_catalog().controls
    columns, measures = models.described(night), models.measured(night)
    made = [
        dg.AssetMaterialization(
            built.name,
            metadata=models.result(built, columns.get(built.name), measures.get(built.name, {})).metadata,
            partition=str(night),
            tags={"dagster/code_version": controls[built.name].version},
        )
        for built in result.output_for_node(MODELS)
        if built.name in controls
    ]
    others = [*shown(result.output_for_node(PUBLISH))]
    if settings.publish_to:
        others.append(delivery.result(result.output_for_node(delivery.IN_BUCKET)))
    return [*made, *(dg.AssetMaterialization(one.asset_key, metadata=one.metadata) for one in others if one.asset_key)]
