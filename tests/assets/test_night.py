"""Whole nights of the loopback organization through the job: published, repeated, held back, read meanwhile."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import duckdb
import pytest
from rich.console import Console
from typer.testing import CliRunner

from assets import home
from assets.cli import main
from assets.cli.app import UNREAD
from assets.cli.run import ended
from assets.cli.runner import Done, run_night
from assets.defs.delivery import IN_BUCKET
from assets.defs.report import PAGES
from pipeline import collectors, landing
from pipeline.night import Night
from pipeline.publish import folder
from pipeline.settings import Refused, Settings
from pipeline.warehouse import build, models
from reports import chromium, documents, site
from tests import receivers
from tests.conftest import ROOT, Loopback, use

pytestmark = pytest.mark.slow

READER = """
import sys, time, duckdb
path, stop = sys.argv[1:]
import pathlib
seen = set()
while not pathlib.Path(stop).exists():
    with duckdb.connect(path, read_only=True) as con:
        query = "select as_of, (select count(*) from findings), (select count(*) from accounts) from contract"
        seen.add(con.execute(query).fetchone())
    time.sleep(0.02)
print(len(seen))
"""


class Told:
    """Progress that is remembered."""

    def __init__(self) -> None:
        self.steps: dict[str, tuple[int, int]] = {}
        self.outcomes: dict[str, str] = {}

    def step(self, stage: str, done: int, total: int) -> None:
        self.steps[stage] = (done, total)

    def end(self, stage: str, outcome: str) -> None:
        self.outcomes[stage] = outcome


@dataclass
class FirstNight:
    """The first night, run once, and its findings."""

    settings: Settings
    loopback: Loopback
    done: Done
    told: Told
    findings: list[Any]

    def in_bucket(self) -> str:
        """The index of the report that the bucket shows."""
        stored = boto3.client("s3").get_object(Bucket=BUCKET, Key="site/latest/index.html")
        return gzip.decompress(stored["Body"].read()).decode()

    def all(self, query: str) -> list[Any]:
        with duckdb.connect(self.done.database, read_only=True) as con:
            return con.execute(query).fetchall()


BUCKET = "rolecall-night"
FINDINGS = "select * exclude (first_seen, last_changed) from findings order by all"


@pytest.fixture(scope="module")
def night(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstNight]:
    with pytest.MonkeyPatch.context() as patched:
        use(loopback, patched)
        patched.delenv("DAGSTER_HOME", raising=False)
        own = {
            "today": loopback.nights[0],
            "exceptions_file": ROOT / "demo" / "organization" / "exceptions.toml",
            # A night of part of the organization goes the same way.
            "include_ous": ["Security", "Exceptions", "Infrastructure"],
            "publish_to": f"s3://{BUCKET}/site",
            "render_pdf": True,
            "metrics_file": tmp_path_factory.mktemp("metrics") / "rolecall.prom",
        }
        boto3.client("s3").create_bucket(Bucket=BUCKET)
        settings = loopback.settings(tmp_path_factory.mktemp("home"), **own)
        told = Told()
        done = run_night(settings, Night(settings.home, loopback.nights[0]), told)
        found = FirstNight(settings, loopback, done, told, [])
        found.findings = found.all(FINDINGS)
        yield found


def test_every_stage_says_what_came_of_it(night: FirstNight) -> None:
    stages = ["organization", "accounts", "checks", "models", "published", "documents", "bucket", "signals"]
    assert list(night.told.outcomes) == stages
    accounts = night.told.steps["accounts"]
    assert accounts[0] == accounts[1] > 8


def test_the_night_is_published(night: FirstNight) -> None:
    assert night.done.report.is_file()
    assert (night.done.report.parent / documents.PDF).is_file() == bool(chromium.find()), night.told.outcomes
    assert night.all("select as_of from contract") == [(night.done.night.as_of,)]
    assert len(night.findings) > 100


def test_the_night_is_in_the_bucket(night: FirstNight) -> None:
    assert night.in_bucket() == night.done.report.read_text(encoding="utf-8")


def test_accounts_that_could_not_be_read_are_counted(night: FirstNight) -> None:
    ((unread,),) = night.all("select count(*) from accounts where read_status in ('not read', 'partly read')")
    assert (night.done.unread, night.done.accepted) == (unread - 1, 1)  # the demo's register accepts one
    assert night.done.unread > 0


def test_dagster_has_what_was_published_and_the_measures_of_each_control(night: FirstNight) -> None:
    code = (
        "import dagster as dg; i = dg.DagsterInstance.get(); print(*(k.to_user_string() for k in i.all_asset_keys()))"
    )
    environment = {"DAGSTER_HOME": str(home.dagster_home(night.settings.home))}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    known = set(done.stdout.split())
    assert known >= {"rolecall_database", IN_BUCKET, *(name for name, _ in PAGES.values())}, done.stderr
    assert known >= models.load().controls.keys()
    with dg.DagsterInstance.from_config(environment["DAGSTER_HOME"]) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey("key_rotation"))
    assert event is not None
    made = event.asset_materialization
    assert made is not None
    assert made.partition == str(night.done.night)
    ((met, coverage, fails, unknown),) = night.all(
        "select controls_met, coverage, fail, \"unknown\" from scores_by_control where control_id = 'key_rotation'"
    )
    measures = {"controls_met": met, "coverage": coverage, "fails": fails, "unknown": unknown}
    assert {name: made.metadata[name].value for name in measures} == measures


def test_every_page_of_the_report_belongs_to_an_asset() -> None:
    templates = {path.name.removesuffix(".html.j2") for path in (ROOT / "reports" / "templates").glob("*.html.j2")}
    pages = {name for name in templates if not name.startswith("_") and name not in ("base", "macros", "rehearsal")}
    assert pages <= PAGES.keys()


def test_the_command_runs_it_again_in_three_shards_while_another_process_reads(
    night: FirstNight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(night.settings.home)
    for name in night.settings.model_fields_set - {"shards"}:
        value = night.settings.model_dump(mode="json", include={name})[name]
        monkeypatch.setenv(f"ROLECALL_{name.upper()}", value if isinstance(value, str) else json.dumps(value))
    monkeypatch.setenv("ROLECALL_RENDER_PDF", "false")
    monkeypatch.setenv("ROLECALL_NOTIFY", '["SOMEBODY"]')
    stop = tmp_path / "stop"
    command = [sys.executable, "-c", READER, str(night.done.database), str(stop)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as reader:
        with receivers.http() as web:
            monkeypatch.setenv("SOMEBODY", f"json://127.0.0.1:{web.port}")
            result = CliRunner().invoke(main.app, ["run", "--shards", "3"])
        stop.touch()
        seen, failed = reader.communicate(timeout=60)
    assert failed == ""
    assert int(seen) == 1
    assert result.exit_code == UNREAD, result.output
    lines = dict(line.split(maxsplit=1) for line in result.stdout.splitlines())
    assert [line for line in lines if line != "report"][-8:] == [
        *("models", "published", "bucket", "told"),
        *("signals", "database", "accepted", "unread"),
    ]
    assert night.settings.metrics_file
    assert "rolecall_last_run_exit_code 1" in night.settings.metrics_file.read_text()
    assert lines["bucket"].startswith(f"s3://{BUCKET}/site/{night.done.night}: ")
    assert (lines["told"], len(web.got)) == ("1 of 1", 1)
    assert lines["database"] == str(night.done.database)
    assert night.all(FINDINGS) == night.findings
    assert night.all("select count(*), count(distinct as_of) from nights") == [(1, 1)]


@pytest.mark.soak
def test_a_page_a_bucket_and_a_notifier_that_break_cost_themselves(
    night: FirstNight, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database and the other pages are published, and what broke is named: exit code 1."""
    write, lost = site.write, "changes.html"

    def breaking(folder: Path, page: Any, templates: Any) -> int:
        if page.path == lost and page.template != site.MISSING:
            raise KeyError("planted")
        return write(folder, page, templates)

    def raising(*_: object) -> None:
        raise RuntimeError("planted too")

    monkeypatch.setattr(site, "write", breaking)
    monkeypatch.setattr("pipeline.publish.notify.Service.tell", raising)
    monkeypatch.setenv("SOMEBODY", "json://127.0.0.1:9")
    settings, told = night.settings.model_copy(update={"notify": ["SOMEBODY"], "render_pdf": False}), Told()
    night.loopback.faults({"kind": "deny", "operation": "PutObject", "path": f"/{BUCKET}/site/*/controls.html"})
    try:
        done = run_night(settings, night.done.night, told, judge_only=True)
    finally:
        night.loopback.faults()
    page, in_bucket = done.missing
    assert page == f"the page {lost} could not be made: KeyError: 'planted'"
    assert f"s3://{BUCKET}/site/{night.done.night}/controls.html: s3:PutObject: " in in_bucket
    assert told.outcomes["missing"].startswith(page)
    assert told.outcomes["told"] == "0 of 1; not SOMEBODY: RuntimeError of the notifier"
    assert ended(Console(quiet=True), replace(done, unread=0)) == UNREAD
    assert night.settings.metrics_file
    assert "rolecall_last_run_exit_code 1" in night.settings.metrics_file.read_text()
    assert night.all(FINDINGS) == night.findings
    assert "This page is missing" in (done.report.parent / lost).read_text()
    assert folder.shown(settings.home) == night.done.night


def test_a_blocked_night_leaves_yesterday_in_place_and_says_why(
    night: FirstNight, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = night.settings.model_copy(update={"notify": ["SOMEBODY"]})
    tonight = night.done.night.on(night.loopback.nights[1])
    shutil.copytree(night.done.night.landing_folder, tonight.landing_folder)
    roll = collectors.datasets()["accounts"]
    rows = landing.read(tonight, roll).to_pylist()
    landing.write(tonight, roll, [*rows, rows[0]])
    before = night.done.database.read_bytes()
    with receivers.http() as web:
        monkeypatch.setenv("SOMEBODY", f"json://127.0.0.1:{web.port}")
        with pytest.raises(Refused, match=rf"{tonight} is not published: .*accounts.key_unique"):
            run_night(settings, tonight, Told(), judge_only=True)
    (told,) = web.got
    assert told["title"] == f"Rolecall {tonight}: failed"
    assert "accounts.key_unique" in told["message"]
    assert f"The reports show the night of {night.done.night}." in told["message"]
    assert night.done.database.read_bytes() == before
    assert folder.shown(settings.home) == night.done.night
    page = night.done.report.read_text(encoding="utf-8")
    assert f"{tonight} is not published" in page
    assert "accounts.key_unique" in page
    assert night.in_bucket() == page
    assert (night.done.report.parent / documents.PDF).is_file() == bool(chromium.find())
    shutil.rmtree(tonight.landing_folder)


@pytest.mark.soak
def test_a_night_dated_in_the_future_can_be_taken_out(night: FirstNight) -> None:
    ahead = night.done.night.on(date(2062, 11, 23))
    shutil.copytree(night.done.night.landing_folder, ahead.landing_folder)
    build.build(night.settings, ahead)
    with pytest.raises(Refused, match="2062-11-23: that date is still to come"):
        run_night(night.settings, ahead, Told(), judge_only=True)
    arguments = ["--home", str(night.settings.home)]
    listed = CliRunner().invoke(main.app, ["nights", *arguments])
    assert [line.split()[:4] for line in listed.stdout.splitlines()[1:]] == [
        ["2062-11-23", "yes", "yes", "no"],
        [str(night.loopback.nights[1]), "no", "no", "no"],  # held back by the test before
        [str(night.done.night), "yes", "yes", "latest"],
    ]
    removed = CliRunner().invoke(main.app, ["nights", "remove", "2062-11-23", *arguments])
    assert removed.exit_code == main.DONE, removed.output
    assert landing.nights(night.settings.home) == [night.done.night]
    assert night.all("select as_of from nights where published") == [(night.done.night.as_of,)]
    assert night.all(FINDINGS) == night.findings
