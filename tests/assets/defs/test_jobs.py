"""The schedule and the sensor: off at first, and the night that they are about."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.defs.jobs import failed_night
from tests.assets.support import settings


def test_schedule_and_sensor_are_off_and_the_schedule_follows_the_settings(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    (schedule,) = repository.schedule_defs
    (sensor,) = repository.sensor_defs
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert sensor.default_status is dg.DefaultSensorStatus.STOPPED
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 3 * * *", "Europe/Berlin")


def test_the_schedule_runs_the_night_of_its_own_date(definitions: dg.Definitions) -> None:
    (schedule,) = definitions.get_repository_def().schedule_defs
    at = datetime(2026, 11, 17, 2, 0, tzinfo=UTC)
    request = schedule(dg.build_schedule_context(scheduled_execution_time=at))
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == "2026-11-17"


def test_the_sensor_says_which_night_failed_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    @dg.op
    def breaks() -> None:
        raise ValueError("the disk is full")

    @dg.job
    def breaking() -> None:
        breaks()

    with dg.DagsterInstance.ephemeral() as instance:
        tags = {"dagster/partition": "2026-11-20"}
        result = breaking.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        context = dg.build_run_status_sensor_context(
            "failed_night", result.get_run_failure_event(), instance, result.dagster_run
        ).for_run_failure()
        failed_night(settings(tmp_path))(context)
    said = capsys.readouterr().err
    assert "2026-11-20 failed: breaks: ValueError: the disk is full" in said
