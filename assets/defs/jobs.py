"""The nightly job, its schedule, and the sensor that reports failed runs. Schedule and sensor are off by default."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg

from assets import home
from assets.defs import nights, notification, signals
from assets.remembered import forget
from pipeline import landing
from pipeline.night import Night
from pipeline.settings import Settings

JOB = "nightly"
STARTING = timedelta(minutes=5)
"""A run takes less until its first step locks the home."""


def nightly() -> Any:
    """One night, from organization to report. All steps share one process, because DuckDB allows one writer."""
    return dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
        executor_def=dg.in_process_executor,
        description="Reads every account, checks what was read, judges it and publishes the night.",
    )


def schedule(settings: Settings) -> dg.ScheduleDefinition:
    @dg.schedule(
        name="every_night",
        job_name=JOB,
        cron_schedule=f"0 {settings.schedule_hour} * * *",
        execution_timezone=settings.schedule_timezone,
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description="Runs the night of the date on which it starts.",
    )
    def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        partition = context.scheduled_execution_time.astimezone(nights.zone(settings)).date().isoformat()
        return dg.RunRequest(run_key=partition, partition_key=partition)

    return every_night


def killed_nights(settings: Settings) -> dg.SensorDefinition:
    @dg.sensor(
        name="killed_nights",
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Ends runs whose process was killed, so that they do not keep later nights waiting: they say that "
        "they are running, and nothing works in the home. Runs of nights whose landings are pruned are deleted.",
    )
    def killed_nights(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        begun = datetime.now(UTC) - STARTING
        running = dg.RunsFilter(job_name=JOB, statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING])
        ended = []
        for record in context.instance.get_run_records(running):
            if record.update_timestamp < begun and not home.is_locked(settings.home):
                run = record.dagster_run
                context.instance.report_run_failed(run, f"{settings.home}: its process is gone; the next run goes on")
                ended.append(run.run_id)
        if landed := landing.nights(settings.home):
            forget(context.instance, str(min(landed)))
        return dg.SkipReason(f"ended: {', '.join(ended)}" if ended else "no run was killed")

    return killed_nights


def failed_night(settings: Settings) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name="failed_night",
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Logs which night a failed run was for, and why it failed, and notifies the targets in `notify`.",
    )
    def failed_night(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        partition = run.tags.get("dagster/partition")
        reason = notification.why(context.get_step_failure_events(), f"run {run.run_id} has the details")
        context.log.error(f"Rolecall: {partition or 'a night'} failed: {reason}")
        if partition and run.job_name == JOB:
            night = Night(settings.home, date.fromisoformat(partition))
            stats = context.instance.get_run_stats(run.run_id)
            for problem in signals.failed(settings, stats.start_time or nights.now()):
                context.log.warning(f"Rolecall: not told: {problem}")
            outcome = notification.tell_of_failure(settings, night, reason)
            for failure in outcome.failures if outcome else []:
                context.log.warning(f"Rolecall: not told: {failure}")

    return failed_night
