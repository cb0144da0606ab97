"""What watches from outside: the metrics file after every run, and the heartbeat after a published night."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from assets.defs import signals as of_night
from assets.defs.signals import SIGNALS, signals
from assets.resources import run_settings
from pipeline.night import DATABASE, Night
from pipeline.publish import heartbeat, metrics
from pipeline.settings import Settings
from tests import receivers
from tests.assets.cli.test_unread import land_some
from tests.assets.test_night import Told
from tests.receivers import Receiver
from tests.reports import published

NIGHT = published.AS_OF
PUBLISHED_AT, LATER = 1_764_000_000.0, 1_764_090_000.0


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published.write(tmp_path_factory.mktemp("night") / DATABASE)


@pytest.fixture(scope="module")
def web() -> Iterator[Receiver]:
    with receivers.http() as receiver:
        yield receiver


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: Path, web: Receiver) -> Settings:
    """A home in which a night is published of which two accounts lack something."""
    web.got.clear()
    monkeypatch.setattr(heartbeat, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(of_night.nights, "now", lambda: PUBLISHED_AT)
    (tmp_path / DATABASE).write_bytes(database.read_bytes())
    land_some(Night(tmp_path, NIGHT))
    url = f"http://127.0.0.1:{web.port}/ping/secret"
    return Settings(home=tmp_path, today=NIGHT, heartbeat_url=url, metrics_file=tmp_path / "rolecall.prom")


def step(settings: Settings) -> tuple[bool, str]:
    """The step run alone: whether it succeeded, and its line on the console."""
    told = Told()
    result = dg.materialize(
        signals(settings),
        resources={"settings": run_settings(settings), "progress": told},
        tags={"dagster/partition": str(NIGHT)},
        raise_on_error=False,
    )
    return result.success, told.outcomes.get(SIGNALS, "")


def test_without_either_there_is_no_step(tmp_path: Path) -> None:
    assert signals(Settings(home=tmp_path)) == []


def test_after_a_published_night_both_are_told(settings: Settings, web: Receiver) -> None:
    assert step(settings) == (True, "told")
    assert web.got == ["/ping/secret"]
    assert settings.metrics_file
    figures = metrics.before(settings.metrics_file)
    with duckdb.connect(settings.home / DATABASE, read_only=True) as con:
        query = "select accounts_expected, accounts_read, coverage / 100 from scores_overall"
        ((expected, read, coverage),) = con.execute(query).fetchall()
        fails = dict(con.execute("select verdict, count(*) from findings group by all").fetchall())
    assert figures["rolecall_last_success_timestamp_seconds"] == PUBLISHED_AT
    assert figures["rolecall_last_run_timestamp_seconds"] == PUBLISHED_AT
    assert figures["rolecall_last_run_exit_code"] == 1
    began = PUBLISHED_AT - figures["rolecall_last_run_seconds"]
    assert abs(began - time.time()) < 60
    assert (figures["rolecall_accounts_unread"], figures["rolecall_accounts_accepted"]) == (2, 0)
    assert (figures["rolecall_accounts_expected"], figures["rolecall_accounts_read"]) == (expected, read)
    assert figures["rolecall_coverage_ratio"] == pytest.approx(coverage)
    assert figures['rolecall_findings{verdict="fail"}'] == fails["fail"]
    assert figures.keys() >= {'rolecall_open_findings{severity="critical"}', "rolecall_night_timestamp_seconds"}
    assert {name.partition("{")[0] for name in figures} <= metrics.HELP.keys()


def test_after_a_failed_run_the_last_success_stays_and_no_heart_beats(
    settings: Settings, web: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    step(settings)
    assert settings.metrics_file
    before = metrics.before(settings.metrics_file)
    web.got.clear()
    monkeypatch.setattr(of_night.nights, "now", lambda: LATER)
    assert of_night.failed(settings, LATER - 60) == []
    after = metrics.before(settings.metrics_file)
    changed = {name: after[name] for name in after if after[name] != before[name]}
    assert changed == {
        "rolecall_last_run_timestamp_seconds": LATER,
        "rolecall_last_run_exit_code": 2,
        "rolecall_last_run_seconds": 60,
    }
    assert after.keys() == before.keys()
    assert web.got == []


def test_the_file_is_one_of_prometheus_and_the_collector_may_read_it(settings: Settings) -> None:
    step(settings)
    assert settings.metrics_file
    lines = settings.metrics_file.read_text().splitlines()
    named = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert named == list(dict.fromkeys(named)) == list(metrics.HELP)
    assert all(metrics.LINE.fullmatch(line) or line.startswith("# ") for line in lines)
    assert stat.S_IMODE(settings.metrics_file.stat().st_mode) == 0o644
    assert [path.name for path in settings.home.glob("*.prom*")] == ["rolecall.prom"]


def test_a_collector_gets_the_figures_of_the_file_also_of_a_failed_run(settings: Settings, web: Receiver) -> None:
    address = f"http://127.0.0.1:{web.port}/"
    assert step(settings.model_copy(update={"otlp_endpoint": address, "heartbeat_url": None})) == (True, "told")
    assert settings.metrics_file
    assert [taken(body) for body in web.got] == [metrics.before(settings.metrics_file)]
    web.got.clear()
    alone = settings.model_copy(update={"otlp_endpoint": address, "metrics_file": None})
    assert of_night.failed(alone, PUBLISHED_AT - 60) == []
    assert [taken(body) for body in web.got] == [metrics.of_run(PUBLISHED_AT, 60, 2)]


def taken(body: bytes) -> dict[str, float]:
    """The gauges of a request, named as in the file."""
    (of_resource,) = ExportMetricsServiceRequest.FromString(body).resource_metrics
    assert {one.key: one.value.string_value for one in of_resource.resource.attributes}["service.name"] == "rolecall"
    found = {}
    for metric in of_resource.scope_metrics[0].metrics:
        assert metric.description == metrics.HELP[metric.name]
        for point in metric.gauge.data_points:
            labels = ",".join(f'{one.key}="{one.value.string_value}"' for one in point.attributes)
            found[metric.name + (f"{{{labels}}}" if labels else "")] = point.as_double
    return found


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"otlp_endpoint": "{web}/403/secret"}, "otlp_endpoint: the collector took no metrics"),
        ({"metrics_file": Path("/nowhere/rolecall.prom")}, "metrics_file: /nowhere/rolecall.prom: No such file"),
        ({"heartbeat_url": "{web}/403/secret"}, "heartbeat_url: it answered 403"),
        ({"heartbeat_url": "http://127.0.0.1:1/secret"}, "heartbeat_url: it could not be reached (URLError)"),
    ],
)
def test_what_does_not_work_fails_no_night_and_tells_no_secret(
    settings: Settings, web: Receiver, changed: dict[str, object], said: str
) -> None:
    filled = {
        name: value.format(web=f"http://127.0.0.1:{web.port}") if isinstance(value, str) else value
        for name, value in changed.items()
    }
    succeeded, line = step(settings.model_copy(update=filled))
    assert succeeded
    assert line.startswith(f"not told: {said}")
    assert "secret" not in line


def test_a_database_that_is_not_as_expected_fails_no_night(settings: Settings) -> None:
    with duckdb.connect(settings.home / DATABASE) as con:
        con.execute("drop table scores_overall")
    succeeded, line = step(settings)
    assert succeeded
    assert line.startswith("not told: CatalogException")
