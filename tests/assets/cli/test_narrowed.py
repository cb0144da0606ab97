"""`rolecall run --sample` and `--only-failed`: part of the accounts, and what becomes of the night."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assets.cli import runner
from pipeline import landing
from pipeline.collect import selection
from pipeline.collectors.organization_tree import ACCOUNTS
from pipeline.night import Night
from pipeline.schema import EXTRACTS
from pipeline.settings import Settings
from tests.assets.cli.support import NIGHT, refused, rolecall
from tests.assets.cli.test_unread import ALPHA, BETA, CLOSED, EXTRACTED, GAMMA, row
from tests.conftest import Loopback

TONIGHT = date.fromisoformat(NIGHT)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, Night]]:
    """The settings and nights of runs, which are not run."""
    seen: list[tuple[Settings, Night]] = []

    def run_night(settings: Settings, night: Night, *_: Any, **__: Any) -> runner.Done:
        seen.append((settings, night))
        return runner.Done(night, Path(), Path(), 0)

    monkeypatch.setattr(runner, "run_night", run_night)
    return seen


def land(extracts: list[dict[str, Any]]) -> Night:
    night = Night(Path("var"), TONIGHT)
    night.landing_folder.mkdir(parents=True)
    roll = {ALPHA: "ACTIVE", BETA: "ACTIVE", GAMMA: "ACTIVE", CLOSED: "SUSPENDED"}
    rows = [row(ACCOUNTS, account_id=a, state=state, is_in_scope=a != BETA) for a, state in roll.items()]
    landing.write(night, ACCOUNTS, rows)
    landing.write(night, EXTRACTS, extracts)
    return night


def test_only_what_failed_is_read_again_into_the_night(ran: list[tuple[Settings, Night]]) -> None:
    night = land(EXTRACTED)
    assert rolecall("run", "--only-failed", "--exclude-account", GAMMA).exit_code == 0
    ((settings, of),) = ran
    assert of == night
    assert settings.include_accounts == [ALPHA]  # BETA is out of scope, CLOSED is not active
    assert settings.exclude_accounts == [GAMMA]


def test_a_whole_night_is_not_read_again(ran: list[tuple[Settings, Night]]) -> None:
    land([extract for extract in EXTRACTED if extract["status"] == "ok"])
    done = rolecall("run", "--only-failed")
    assert (done.exit_code, ran) == (0, [])
    assert f"{NIGHT} lacks nothing" in done.stdout


def test_a_night_that_has_not_landed_has_nothing_to_read_again(ran: list[tuple[Settings, Night]]) -> None:
    assert f"nothing has landed for {NIGHT}" in refused("run", "--only-failed")
    assert ran == []


def test_a_sample_has_a_home_of_its_own_and_tells_nobody(
    ran: list[tuple[Settings, Night]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "sample", lambda settings, night, size: [ALPHA, BETA][:size])
    monkeypatch.setenv("ROLECALL_NOTIFY", '["ROLECALL_TARGET"]')
    left = Path("var/sample/landing/as_of=2026-11-15")
    left.mkdir(parents=True)
    assert rolecall("run", "--sample", "2").exit_code == 0
    ((settings, night),) = ran
    assert (settings.home, night) == (Path("var/sample"), Night(Path("var/sample"), TONIGHT))
    assert settings.include_accounts == [ALPHA, BETA]
    assert (settings.notify, settings.publish_to) == ([], None)
    assert not left.exists()


@pytest.mark.parametrize(
    "options",
    [("--sample", "2", "--only-failed"), ("--sample", "2", "--judge-only"), ("--only-failed", "--as-of", NIGHT)],
)
def test_options_that_exclude_each_other(ran: list[tuple[Settings, Night]], options: tuple[str, ...]) -> None:
    refused("run", *options)
    assert ran == []


def test_a_sample_is_of_active_accounts_in_scope(aws: Loopback, tmp_path: Path) -> None:
    night, scope = Night(tmp_path, aws.nights[0]), ["281653481575", "290972897018", "506150706042"]
    settings = aws.settings(tmp_path, include_accounts=scope)
    assert selection.sample(settings, night, 9) == scope
    assert len(set(selection.sample(settings, night, 2)) & set(scope)) == 2
    assert not (tmp_path / "landing").exists()
