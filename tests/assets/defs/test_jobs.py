"""The schedule and the sensor: off at first, and the night that they are about."""

from __future__ import annotations

import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from assets import home
from assets.defs import jobs
from assets.defs.jobs import JOB, failed_night, killed_nights
from tests.assets.support import settings
from tests.conftest import ROOT


def test_schedule_and_notice_are_off_and_the_schedule_follows_the_settings(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    (schedule,) = repository.schedule_defs
    status = {sensor.name: sensor.default_status for sensor in repository.sensor_defs}
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert status["failed_night"] is dg.DefaultSensorStatus.STOPPED
    assert status["killed_nights"] is dg.DefaultSensorStatus.RUNNING
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


@pytest.mark.parametrize(("minutes", "is_locked", "expected"), [(9, False, "FAILURE"), (9, True, ""), (1, False, "")])
def test_a_run_that_was_killed_ends_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: int, is_locked: bool, expected: str
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(dg.GraphDefinition(JOB).to_job(), status=dg.DagsterRunStatus.STARTED)
        monkeypatch.setattr(jobs, "STARTING", timedelta(minutes=5 - minutes))
        with home.held(tmp_path) if is_locked else nullcontext():
            killed_nights(settings(tmp_path))(dg.build_sensor_context(instance))
        found = instance.get_run_by_id(run.run_id)
    assert found
    assert found.status.value == (expected or "STARTED")


def test_a_lock_is_seen_from_another_process(tmp_path: Path) -> None:
    assert not home.is_locked(tmp_path)
    with home.held(tmp_path):
        command = (
            "import sys; from pathlib import Path; from assets import home; print(home.is_locked(Path(sys.argv[1])))"
        )
        for expected in ("True", "False"):
            done = subprocess.run(
                [sys.executable, "-c", command, str(tmp_path)], capture_output=True, text=True, cwd=ROOT
            )
            assert done.stdout.strip() == expected
            home.release(tmp_path)
