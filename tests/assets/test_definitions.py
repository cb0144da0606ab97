"""The code location loads, is whole, and starts nothing by itself."""

from __future__ import annotations

import resource
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.definitions import build
from assets.defs import nights
from assets.defs.jobs import failed_night
from pipeline import collectors
from pipeline.night import Night
from pipeline.settings import ControlSettings, Refused, Settings
from pipeline.warehouse import models
from pipeline.warehouse.headers import ControlHeader
from tests.conftest import ROOT


def settings(home: Path, **more: Any) -> Settings:
    return Settings.model_construct(home=home, **more)


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build(settings(tmp_path_factory.mktemp("home"), schedule_hour=3, schedule_timezone="Europe/Berlin"))


def ancestors(definitions: dg.Definitions, name: str) -> set[str]:
    graph = definitions.resolve_asset_graph()
    found: set[dg.AssetKey] = set()
    waiting = {dg.AssetKey(name)}
    while waiting:
        found |= waiting
        waiting = {parent for key in waiting for parent in graph.get(key).parent_keys} - found
    return {key.to_user_string() for key in found}


def test_definitions_can_be_loaded(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_everything_is_an_asset(definitions: dg.Definitions) -> None:
    names = {key.to_user_string() for key in definitions.resolve_asset_graph().get_all_asset_keys()}
    assert names >= {f"raw_{name}" for name in collectors.datasets()}
    assert names >= models.load().models.keys()
    assert names >= {"rolecall_database", "report_index", "report_practices", "report_coverage"}


def test_every_asset_has_a_group_a_description_and_kinds(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name != "default", key
        assert node.description, key
        assert node.kinds, key


def test_lineage_leads_from_the_report_to_the_organization(definitions: dg.Definitions) -> None:
    above = ancestors(definitions, "report_index")
    assert above >= {"rolecall_database", "findings", "raw_credential_report", "raw_accounts", "raw_organization"}
    assert above >= {name for name, model in models.load().models.items() if isinstance(model.header, ControlHeader)}


def test_blocking_checks_come_before_the_models(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    blocking = [key for key in graph.asset_check_keys if graph.get_check_spec(key).blocking]
    assert {key.asset_key.to_user_string() for key in blocking} >= {"raw_users", "raw_accounts", "raw_extracts"}


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


def test_partitions_go_from_the_first_landed_night_to_a_pretended_today(tmp_path: Path) -> None:
    for as_of in (date(2026, 11, 3), date(2026, 11, 5)):
        Night(tmp_path, as_of).landing_folder.mkdir(parents=True)
    for today in (date(2026, 11, 6), date(2031, 1, 2)):
        keys = nights.partitions(settings(tmp_path, today=today)).get_partition_keys()
        assert (keys[0], keys[-1]) == ("2026-11-03", today.isoformat())


def test_a_control_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"controls\.nope: there is no such control"):
        build(settings(tmp_path, controls={"nope": ControlSettings(enabled=False)}))


def test_loading_takes_nothing_that_is_slow_and_touches_nothing(tmp_path: Path) -> None:
    slow = "{'great_expectations', 'apprise'}"
    code = f"import sys; from assets.definitions import defs; defs(); print({slow} & sys.modules.keys())"
    environment = {"ROLECALL_HOME": str(tmp_path / "home"), "ROLECALL_NOTIFY": '["SLACK"]', "PATH": ""}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "set()", done.stderr
    assert not (tmp_path / "home").exists()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 15  # of the processor; 3 s on a quiet machine


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
