"""Who is told, and when: the last step of a night, the command line of its own failures, the sensor of all others."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from assets.cli import demonstration
from assets.cli.runner import run_night
from assets.definitions import build
from assets.defs.delivery import IN_BUCKET
from assets.defs.jobs import JOB, failed_night
from assets.defs.notification import NOTIFICATION, notification
from assets.defs.report import PAGES
from assets.resources import run_settings
from pipeline.night import Night
from pipeline.settings import Refused, Settings
from reports.documents import PDF
from tests import receivers
from tests.assets.test_night import Told
from tests.conftest import HERMETIC
from tests.receivers import Receiver
from tests.reports import published

NIGHT = published.AS_OF


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published.write(tmp_path_factory.mktemp("night") / "rolecall.duckdb")


@pytest.fixture(scope="module")
def web() -> Iterator[Receiver]:
    with receivers.http() as receiver:
        yield receiver


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Path, web: Receiver) -> Settings:
    """A home in which the night is published, and one target that takes what it is sent."""
    web.got.clear()
    (tmp_path / "rolecall.duckdb").write_bytes(database.read_bytes())
    (tmp_path / "reports" / str(NIGHT)).mkdir(parents=True)
    (tmp_path / "reports" / "latest").symlink_to(str(NIGHT))
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setenv("TAKES", f"json://127.0.0.1:{web.port}/secret")
    monkeypatch.setenv("REFUSES", f"json://127.0.0.1:{web.port}/403/secret")
    return Settings(home=tmp_path, today=NIGHT, notify=["TAKES"], exceptions_file=tmp_path / "none.toml")


def step(settings: Settings, night: date = NIGHT) -> tuple[dg.ExecuteInProcessResult, str]:
    """The last step of a night, run alone: its result, and the line that it leaves on the console."""
    progress = Told()
    result = dg.materialize(
        notification(settings),
        resources={"settings": run_settings(settings), "progress": progress},
        tags={"dagster/partition": str(night)},
        raise_on_error=False,
    )
    return result, progress.outcomes["told"]


def metadata(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    (made,) = result.asset_materializations_for_node(NOTIFICATION)
    return {name: value.value for name, value in made.metadata.items()}


def test_a_night_is_told_of_with_its_summary(settings: Settings, web: Receiver) -> None:
    (settings.home / "reports" / str(NIGHT) / PDF).write_bytes(b"%PDF-1.7")
    result, line = step(settings)
    assert (result.success, line) == (True, "1 of 1")
    assert metadata(result) == {"told": 1, "targets": 1}
    (got,) = web.got
    assert got["title"] == "Rolecall 2026-11-24: 4 critical open, 1 new fail"
    assert f"Report: {settings.home.resolve() / 'reports' / str(NIGHT) / 'index.html'}" in got["message"]
    assert [file["filename"] for file in got["attachments"]] == [PDF]


def test_one_that_cannot_be_told_is_a_warning(settings: Settings, web: Receiver) -> None:
    result, line = step(settings.model_copy(update={"notify": ["REFUSES", "TAKES"]}))
    assert result.success
    assert line == "1 of 2; not REFUSES: it answered 403"
    assert metadata(result) == {"told": 1, "targets": 2, "not_told": ["REFUSES: it answered 403"]}
    assert len(web.got) == 1


def test_a_variable_that_went_missing_is_a_warning(settings: Settings) -> None:
    result, line = step(settings.model_copy(update={"notify": ["NO_SUCH_VARIABLE"]}))
    assert result.success
    assert line.startswith("0 of 1; not Settings: notify: entry 1: the variable NO_SUCH_VARIABLE is not set")


def test_an_unchanged_night_is_told_of_only_where_always_is_asked_for(settings: Settings, web: Receiver) -> None:
    changed = settings.model_copy(update={"notify_when": "changed"})
    assert step(changed)[1] == "1 of 1"
    with duckdb.connect(settings.home / "rolecall.duckdb") as con:
        con.execute("delete from finding_changes")
    web.got.clear()
    assert step(changed)[1] == "nobody: nothing changed"
    assert web.got == []
    assert step(settings)[1] == "1 of 1"


def test_an_older_night_that_is_judged_again_is_not_told_of(settings: Settings, web: Receiver) -> None:
    Night(settings.home, published.NIGHTS[0]).landing_folder.mkdir(parents=True)
    assert step(settings, published.NIGHTS[0])[1] == "nobody: the reports show 2026-11-24"
    assert web.got == []


def test_it_is_the_last_step_of_the_job_where_somebody_is_to_be_told(settings: Settings) -> None:
    in_bucket = settings.model_copy(update={"publish_to": "s3://reports"})
    for chosen, more in ((settings, set()), (in_bucket, {IN_BUCKET})):
        definitions = build(chosen)
        node = definitions.resolve_asset_graph().get(dg.AssetKey(NOTIFICATION))
        above = {key.to_user_string() for key in node.parent_keys}
        assert above == {"rolecall_database", *(name for name, _ in PAGES.values()), *more}
        assert not node.child_keys
        assert dg.AssetKey(NOTIFICATION) in definitions.resolve_job_def(JOB).asset_layer.executable_asset_keys
    nobody = build(settings.model_copy(update={"notify": []})).resolve_asset_graph()
    assert dg.AssetKey(NOTIFICATION) not in nobody.get_all_asset_keys()


def test_bad_targets_are_refused_before_a_night_begins(settings: Settings, web: Receiver, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="entry 2: the variable NO_SUCH_VARIABLE is not set"):
        run_night(
            settings.model_copy(update={"notify": ["TAKES", "NO_SUCH_VARIABLE"]}), Night(settings.home, NIGHT), Told()
        )
    assert web.got == []
    assert not (tmp_path / "dagster").exists()


def test_a_failed_run_of_the_command_line_is_told_of_once(
    settings: Settings, web: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**HERMETIC, "AWS_EC2_METADATA_DISABLED": "true"}.items():
        monkeypatch.setenv(name, value)
    settings.exceptions_file.write_text("")
    progress = Told()
    with pytest.raises(Refused, match="no credentials were found"):
        run_night(settings, Night(settings.home, NIGHT), progress)
    (got,) = web.got
    assert got["title"] == "Rolecall 2026-11-24: failed"
    assert got["message"].startswith("AWS: no credentials were found; ")
    assert "The reports show the night of 2026-11-24." in got["message"]
    assert progress.outcomes["told"] == "1 of 1"
    log = (settings.home / "last_failure.log").read_text()
    assert "Refused: AWS: no credentials were found" in log
    assert "Traceback" not in got["message"]
    assert len(web.got) == 1


def sensed(settings: Settings, instance: dg.DagsterInstance, event: dg.DagsterEvent | None, run: dg.DagsterRun) -> None:
    assert event is not None
    context = dg.build_run_status_sensor_context("failed_night", event, instance, run).for_run_failure()
    failed_night(settings)(context)


@pytest.mark.parametrize("name", [JOB, "an_asset_by_hand"])
def test_the_sensor_tells_of_the_nights_of_the_daemon(settings: Settings, web: Receiver, name: str) -> None:
    @dg.op
    def raw_checks() -> None:
        raise dg.Failure("2026-11-24 is not published: 1 check on its inputs failed: <!channel>")

    @dg.job(name=name)
    def breaking() -> None:
        raw_checks()

    with dg.DagsterInstance.ephemeral() as instance:
        tags = {"dagster/partition": str(NIGHT)}
        result = breaking.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        sensed(settings, instance, result.get_run_failure_event(), result.dagster_run)
    told = [got["message"].replace("\u2060", "").splitlines()[0] for got in web.got]
    held_back = "2026-11-24 is not published: 1 check on its inputs failed: <!channel>"
    assert told == ([held_back] if name == JOB else [])


def test_the_demo_tells_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ROLECALL_NOTIFY", json.dumps(["TAKES"]))
    organization = demonstration.Organization("http://127.0.0.1:9", {}, "Reader", "id", [NIGHT])
    assert organization.settings(tmp_path, NIGHT).notify == []


@pytest.mark.parametrize("broken", ["pipeline.publish.notify.Service.tell", "pipeline.publish.digest.digest"])
def test_what_nobody_foresaw_is_a_warning_without_secrets(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def raising(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr(broken, raising)
    result, line = step(settings)
    assert result.success
    expected = "TAKES: RuntimeError of the notifier" if "notify" in broken else "RuntimeError: planted"
    assert line == f"0 of 1; not {expected}"
