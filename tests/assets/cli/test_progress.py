"""The log of a run: lines of text, or a JSON object a line."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from assets.cli import progress, runner
from pipeline.settings import Settings
from tests.assets.cli.support import NIGHT, rolecall


def test_text_is_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    console = progress.logging(Settings(), night=NIGHT)
    with progress.shown(console) as shown:
        shown.end("accounts", "42 called")
    assert capsys.readouterr().out == "accounts      42 called\n"


def test_json_has_an_object_a_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "SECONDS_OF_SILENCE", -1)
    console = progress.logging(Settings(log_format="json"), night=NIGHT)
    with progress.shown(console) as shown:
        shown.step("accounts", 1, 42)
        shown.step("accounts", 42, 42)
        shown.end("accounts", 'all [bold] "called"\nonce')
    progress.say(console, "report", "index.html")
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(e["stage"], e["message"]) for e in events] == [
        ("accounts", "1 of 42"),
        ("accounts", 'all [bold] "called"\nonce'),
        ("report", "index.html"),
    ]
    assert (events[0]["done"], events[0]["total"]) == (1, 42)
    assert {(e["night"], e["level"]) for e in events} == {(NIGHT, "info")}
    assert all(datetime.fromisoformat(event["time"]).utcoffset() is not None for event in events)


def test_a_run_and_a_refusal_are_logged_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLECALL_LOG_FORMAT", "json")
    done = runner.Done(None, Path("index.html"), Path("rolecall.duckdb"), 3)  # type: ignore[arg-type]
    monkeypatch.setattr(runner, "run_night", lambda *_, **__: done)
    ran = rolecall("run")
    assert ran.exit_code == 1
    stages = [json.loads(line)["stage"] for line in ran.stdout.splitlines()]
    assert stages == ["report", "database", "unread"]
    monkeypatch.setenv("ROLECALL_CONCURRENCY", "0")
    for name, value in (("ROLECALL_CONCURRENCY", "16"), ("ROLECALL_CONCURRENCY", "0")):
        monkeypatch.setenv(name, value)
        refused = rolecall("run", "--only-failed")
        (event,) = map(json.loads, refused.stderr.splitlines())
        assert (event["level"], event["exit_code"], refused.exit_code) == ("error", 2, 2)
        assert "nothing has landed" in event["message"] or "concurrency" in event["message"]
