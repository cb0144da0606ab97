"""The synthetic organization on loopback AWS: a server process of its own, one for the whole test session."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from pipeline import knowledge
from pipeline.settings import Settings
from tests.steps import untraced

ROOT = Path(__file__).resolve().parent.parent
# So that no test ever reaches a real account: boto3 finds nothing of the machine it runs on.
FAST = {"organization_calls_per_second": 1000, "render_pdf": False}
HERMETIC = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "NO_PROXY": "127.0.0.1"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a run that skips a test fails")


def pytest_collection_finish() -> None:
    """What is imported and collected stays to the end: the garbage collector need not look through it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With `--no-skips`, fail a run that skipped something. Workers of xdist report to the process that counts."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped") if reporter and session.config.getoption("no_skips") else None
    if skipped and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        reporter.write_line(f"\n{len(skipped)} skipped, and --no-skips allows none", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Coverage counts what the everyday tests run: slow ones are twice as fast without."""
    with untraced() if item.get_closest_marker("slow") and sys.gettrace() else nullcontext():
        return (yield)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What is known of AWS and past its date: a line at the end of every run, an error in `make wheel`."""
    for line in knowledge.past(datetime.now(UTC).date()):
        terminalreporter.write_line(f"knowledge of AWS: {line}", yellow=True)


@dataclass(frozen=True)
class Loopback:
    """The running server: what a client needs to know, and what can be asked of it beside AWS."""

    endpoint: str
    environment: dict[str, str]
    role_name: str
    external_id: str
    nights: list[date]

    def settings(self, home: Path, **more: Any) -> Settings:
        """Settings that read this organization, with short waits."""
        given = {"home": home, "role_name": self.role_name, "external_id": self.external_id, "regions": ["us-east-1"]}
        return Settings(**{**given, "call_timeout_seconds": 20, "max_attempts": 3, **FAST, **more})

    def faults(self, *rules: dict[str, Any]) -> None:
        """Put these fault rules in force, in place of those before."""
        self._ask("PUT", "faults", list(rules))

    def calls(self) -> Counter[tuple[str, str]]:
        """Requests that have arrived since the last reset, by account and `service:Operation`."""
        counted: Counter[tuple[str, str]] = Counter()
        for row in self._ask("GET", "calls"):
            counted[row["account_id"], f"{row['service']}:{row['operation']}"] += row["count"]
        return counted

    def requests(self, service: str) -> list[tuple[str, str]]:
        """Operation and path of the requests to a service since the last reset, in the order in which they came."""
        rows = self._ask("GET", "requests")
        return [(row["operation"], row["path"]) for row in rows if row["service"] == service]

    def call_as(self, **caller: Any) -> dict[str, str]:
        """Who runs Rolecall until the next reset (`demo.emulator.caller.Caller`). Returns boto3's environment."""
        environment: dict[str, str] = self._ask("PUT", "caller", caller)
        return environment

    def reset(self, night: int = 1) -> None:
        """That night, no faults, no calls counted, and the runner in the management account."""
        self.faults()
        self.call_as()
        self._ask("POST", "night", {"night": night})
        self._ask("DELETE", "calls")

    def _ask(self, method: str, what: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.endpoint}/_rolecall/{what}",
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@pytest.fixture
def uncounted() -> Iterator[None]:
    """For one of very many tests that run the same lines: coverage, which halves its speed, counts those of others."""
    with untraced():
        yield


@pytest.fixture(scope="session")
def loopback() -> Iterator[Loopback]:
    """The server, on its first night. It sets no environment: see `aws`."""
    command = [sys.executable, "-m", "demo", "serve", "--with-parent"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, "the demo server did not start"
        ready = json.loads(line)
        nights = [date.fromisoformat(night) for night in ready["nights"]]
        known = {key: ready[key] for key in ("endpoint", "environment", "role_name", "external_id")}
        yield Loopback(**known, nights=nights)
        process.terminate()


@pytest.fixture
def aws(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """The server on its first night without faults, and boto3's environment set to it; pauses are short."""
    use(loopback, monkeypatch)
    return loopback


def use(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reset the server and point boto3 at it, without the session of an earlier test."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {**HERMETIC, **loopback.environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("pipeline.aws.visit.FIRST_BACKOFF_SECONDS", 0.01)
    for waiting in ("credential_report", "_jobs"):
        monkeypatch.setattr(f"pipeline.collectors.{waiting}.FIRST_PAUSE_SECONDS", 0.01)
    loopback.reset()
