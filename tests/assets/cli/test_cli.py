"""The command line: what is refused is one sentence on stderr and exit code 2."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from assets import home
from assets.cli import app, demonstration, runner
from assets.cli.run import ended
from pipeline import __version__
from pipeline.night import Night
from pipeline.progress import Silent
from pipeline.settings import Refused, Settings
from pipeline.warehouse import models
from tests.assets.cli.support import refused, rolecall
from tests.conftest import Loopback
from tests.pipeline.explain import explained


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ROLECALL_CONCURRENCY", "0", "concurrency: Input should be greater than or equal to 1"),
        ("ROLECALL_REGIONS", "us-east-1", 'field "regions"'),
        ("ROLECALL_SCHEDULE_TIMEZONE", "Mars/Crater", "'Mars/Crater' is not a time zone"),
        ("ROLECALL_INCLUDE_ACCOUNTS", '["12"]', "'12' is not an account id"),
        ("ROLECALL_CONTROLS", '{"nope": {"enabled": false}}', "controls.nope: there is no such control"),
        ("ROLECALL_EXCEPTIONS_FILE", "missing.toml", "missing.toml: no such file"),
    ],
)
def test_bad_setting(monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(name, value)
    assert says in refused("run")


def test_bad_settings_file(tmp_path: Path) -> None:
    (tmp_path / "rolecall.toml").write_text("home = ")
    assert "rolecall.toml: not valid TOML" in refused("run")
    (tmp_path / "rolecall.toml").write_text("hom = 'x'")
    assert "hom: Extra inputs are not permitted" in refused("run")


def test_bad_exceptions_file(tmp_path: Path) -> None:
    (tmp_path / "exceptions.toml").write_text("[[exceptions]]\ncontrol = 'key_rotation'\nowner = 'me'\n")
    sentence = refused("run")
    assert "exceptions.toml: [[exceptions]] number 1" in sentence
    assert "reason: missing; expected why it is so" in sentence


def test_broken_sql_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "sql" / "staging"
    folder.mkdir(parents=True)
    (folder / "stg_x.sql").write_text("/*\ntitle = \n*/\nselect 1 as x")
    monkeypatch.setattr(models.load, "__defaults__", (tmp_path / "sql",))
    assert "stg_x.sql: the header is not valid TOML" in refused("run")
    (folder / "stg_x.sql").write_text("/*\ntitle = 'X'\n*/\nselect from from x")
    assert "stg_x.sql: line 1 of the query" in refused("run")


def test_no_models_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models.load, "__defaults__", (tmp_path / "sql",))
    monkeypatch.setattr("assets.cli.controls.SQL", tmp_path / "sql")
    for command in ("controls", "run"):
        assert "there are no SQL models; Rolecall is not installed completely" in refused(command)


def test_the_demo_without_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demonstration, "find_spec", lambda name: name != "moto")
    assert refused("demo").endswith("moto is not installed; the demo needs an extra: pip install 'rolecall[demo]'")


def test_version() -> None:
    assert rolecall("--version").stdout == f"rolecall {__version__}\n"


def test_unreachable_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    sentence = refused("run")
    assert "http://127.0.0.1:9" in sentence
    assert "no answer came" in sentence


def test_no_credentials() -> None:
    assert "no credentials were found" in refused("run")


def test_expired_credentials(aws: Loopback) -> None:
    aws.faults({"kind": "expired", "service": "sts"})
    sentence = refused("run")
    assert "expired" in sentence
    assert "sign in again" in sentence


def test_a_night_that_is_over_and_was_not_collected() -> None:
    assert "2026-11-01: this night was not collected" in refused("run", "--as-of", "2026-11-01")


def test_unknown_control() -> None:
    assert refused("controls", "key_rotatio").endswith("did you mean 'key_rotation'?")


def test_controls_as_json() -> None:
    listed = json.loads(rolecall("controls", "--json").stdout)
    assert {control["control_id"] for control in listed} == set(models.load().controls)
    (one,) = [control for control in listed if control["control_id"] == "key_rotation"]
    assert json.loads(rolecall("controls", "key_rotation", "--json").stdout) == one
    assert one["params"] == {"max_age_days": 90}


def test_controls_as_a_list() -> None:
    shown = rolecall("controls").stdout
    assert all(name in shown for name in models.load().controls)


def test_explain(published: str) -> None:
    shown = rolecall("explain", "BP06-02", explained.arn("role", "admin"), "--home", published)
    assert shown.exit_code == 0, shown.output
    lines = [line.strip() for line in shown.stdout.splitlines()]
    assert lines[0] == "fail admin_principals_limited (BP06-02): Administrators should be few and approved"
    assert "1. identity policy own, statement Everything: Allow" in lines
    assert '"Action": ["*"],' in lines
    assert "pass without statement Everything of own" in lines
    assert lines[-1].endswith("from controls where control_id = 'admin_principals_limited'\"")


def test_explain_as_json(published: str) -> None:
    shown = rolecall("explain", "key_rotation", "alice/accesskey/AKIAEXAMPLE1", "--home", published, "--format", "json")
    found = json.loads(shown.stdout)
    assert (found["verdict"], found["facts"]["age_days"], found["first_seen"]) == ("fail", 111, "2026-11-20")
    assert [turn["verdict"] for turn in found["turns"]] == ["pass"]


def test_explain_refuses_what_is_not_one_finding(published: str, tmp_path: Path) -> None:
    assert "fits 2 findings" in refused("explain", "no_privilege_escalation", "target", "--home", published)
    assert "near it:" in refused("explain", "no_privilege_escalation", "buildr", "--home", published)
    assert "no control 'nope'" in refused("explain", "nope", "x", "--home", published)
    assert "nothing is published there" in refused("explain", "key_rotation", "x", "--home", str(tmp_path))


def test_unknown_option() -> None:
    result = rolecall("run", "--nope")
    assert (result.exit_code, "No such option: --nope" in result.stderr) == (2, True)


def test_a_second_run_in_the_same_home(tmp_path: Path) -> None:
    code = "import time, pathlib; from assets import home; home.hold(pathlib.Path('var')); print(1); time.sleep(60)"
    environment = {"PYTHONPATH": str(models.ROOT.parent)}
    with subprocess.Popen(
        [sys.executable, "-uc", code], cwd=tmp_path, env=environment, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        assert f"another run (process {other.pid}) is working there" in refused("run")
        other.kill()


def test_holding_a_home_twice_in_one_process_and_letting_go(tmp_path: Path) -> None:
    with home.held(tmp_path):
        home.hold(tmp_path)
    home.hold(tmp_path)
    home.release(tmp_path)


def test_what_is_made_in_a_home_is_for_its_user_alone(tmp_path: Path) -> None:
    for name, mode in (("new", None), ("open", 0o755), ("group", 0o750)):
        folder = tmp_path / name
        if mode:
            folder.mkdir()
            folder.chmod(mode)
        with home.held(folder):
            (folder / "made").mkdir()
            (folder / "file").touch()
        assert folder.stat().st_mode & 0o777 == (0o750 if mode == 0o750 else 0o700)
        assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}


def test_control_characters_do_not_reach_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.complain("no \x1b[31m\u202efile") == app.REFUSED
    assert capsys.readouterr().err == "rolecall: no \\u001b[31m\\u202efile\n"


def test_a_damaged_history_of_dagster_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    history = tmp_path / "own" / "dagster" / "history"
    history.mkdir(parents=True)
    (history / "runs.db").write_bytes(b"noise" * 600)
    with pytest.raises(Refused, match=r"own/dagster: Dagster cannot open its history .+ move .+history away"):
        runner.kept_instance(Settings(home=tmp_path / "own"))


def test_help_names_every_command() -> None:
    shown = rolecall("--help").stdout
    assert all(name in shown for name in ("run", "controls", "explain", "demo"))


@pytest.mark.parametrize("layer", ["run_night", "plain.job", "home.held", "is_over", "notify.targets"])
def test_what_nobody_foresaw_is_one_sentence_too(monkeypatch: pytest.MonkeyPatch, layer: str) -> None:
    def broken(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("disk I/O error\nof some kind")

    if layer == "plain.job":
        monkeypatch.setattr("assets.cli.runner.is_over", lambda *_: True)
    monkeypatch.setattr(f"assets.cli.runner.{layer}", broken)
    log = Path("var/last_failure.log")
    assert refused("run") == f"rolecall: OperationalError: disk I/O error of some kind; {log} has the details"
    assert "sqlite3.OperationalError: disk I/O error" in log.read_text()


def test_a_night_that_is_still_to_come_is_refused() -> None:
    assert "2062-11-23: that date is still to come" in refused("run", "--judge-only", "--as-of", "2062-11-23")


EVENT = {"is_step_failure": True, "is_step_success": False}


class Job:
    """In place of the job of a night, and of its result: which steps failed."""

    def __init__(self, steps: list[str]) -> None:
        self.success = not steps
        why = SimpleNamespace(user_failure_data=SimpleNamespace(description="the bucket is closed"), error=None)
        self.failures = [SimpleNamespace(step_key=step, step_failure_data=why, **EVENT) for step in steps]

    def run_by(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(runner.plain, "job", lambda *_: self)
        monkeypatch.setattr(runner.plain, "materialized", lambda *_: [])
        monkeypatch.setattr(runner, "is_over", lambda *_: True)
        monkeypatch.setattr(runner, "kept_instance", lambda settings: nullcontext())

    def execute_in_process(self, **_: Any) -> Job:
        return self

    def filter_events(self, test: Any) -> list[Any]:
        """Only failures are events here."""
        return [failure for failure in self.failures if test(failure)]


def test_a_night_that_a_later_one_keeps_from_being_shown_is_not_called_published(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A night of 2062 was published once, by a version that let it."""

    Job([]).run_by(monkeypatch)
    monkeypatch.setattr(runner.database, "shown", lambda settings: Night(settings.home, date(2062, 11, 23)))
    settings = Settings(home=tmp_path / "own", today=date(2026, 11, 23))
    with pytest.raises(Refused, match=r"2062-11-23: that date is still to come; .+`rolecall nights remove 2062-11-23`"):
        runner.run_night(settings, Night(settings.home, date(2026, 11, 23)), Silent())


@pytest.mark.parametrize("steps", [["report_in_bucket"], ["publish"], ["publish", "report_in_bucket"]])
def test_a_night_that_is_not_in_the_bucket_is_published_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, steps: list[str]
) -> None:
    Job(steps).run_by(monkeypatch)
    settings = Settings(home=tmp_path / "own", today=date(2026, 11, 23), metrics_file=tmp_path / "rolecall.prom")
    night = Night(settings.home, date(2026, 11, 23))
    monkeypatch.setattr(runner.database, "shown", lambda settings: night)
    for module in (runner, runner.signals):
        monkeypatch.setattr(module, "unread_accounts", lambda night: (0, 0))
    monkeypatch.setattr(runner.signals.metrics, "of_night", lambda home: {})
    if steps != ["report_in_bucket"]:
        with pytest.raises(Refused, match="the bucket is closed"):
            runner.run_night(settings, night, Silent())
    else:
        done = runner.run_night(settings, night, Silent())
        assert done.missing == ("the bucket is closed",)
        assert ended(Console(quiet=True), done) == app.UNREAD
    code = 1 if steps == ["report_in_bucket"] else 2
    assert f"rolecall_last_run_exit_code {code}" in (tmp_path / "rolecall.prom").read_text()


def test_nights_are_listed_and_one_that_is_not_there_cannot_be_taken_out() -> None:
    Path("var/warehouse.duckdb").unlink()
    assert rolecall("nights").stdout.split()[-4:] == ["2026-11-15", "yes", "no", "latest"]
    Path("var/warehouse.duckdb").write_text("the night before")
    assert "which night?" in refused("nights", "remove")


def holding(text: str) -> list[Path]:
    """The files below this folder in which the text is."""
    return [path for path in Path().rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_a_credential_helper_is_not_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text('[default]\ncredential_process = sh -c "echo token=SUPERSECRET >&2; exit 1"\n')
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    assert "no credentials from custom-process" in refused("run")
    assert not [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and path != config and b"SUPERSECRET" in path.read_bytes()
    ]


def test_a_password_in_an_address_is_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "SECRET_ACCESS_KEY": "x",
        "REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://me:SUPERSECRET@127.0.0.1:9")
    assert "SUPERSECRET" not in refused("run")
    assert holding("SUPERSECRET") == []
