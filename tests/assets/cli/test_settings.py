"""`rolecall settings`: what is in force, and from where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import CONFIG, Settings
from tests.assets.cli.support import refused, rolecall


def shown(*before: str) -> dict[str, Any]:
    result = rolecall(*before, "settings", "--format", "json")
    assert result.exit_code == 0, result.stderr
    return {row["setting"]: (row["value"], row["from"]) for row in json.loads(result.stdout)}


@pytest.fixture(autouse=True)
def no_file_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG, "")


def test_every_setting_has_its_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("rolecall.toml").write_text('role_name = "R"\nexternal_id = "hidden-id"\nconcurrency = 4\n')
    monkeypatch.setenv("ROLECALL_CONCURRENCY", "5")
    settings = shown()
    assert settings.keys() == Settings.model_fields.keys()
    assert settings["role_name"] == ("R", "rolecall.toml")
    assert settings["concurrency"] == ("5", "ROLECALL_CONCURRENCY")
    assert settings["shards"] == ("1", "default")
    assert settings["external_id"] == ("***", "rolecall.toml")


def test_another_file_can_be_named() -> None:
    Path("rolecall.toml").write_text('role_name = "R"\n')
    Path("other.toml").write_text('role_name = "Other"\n')
    assert shown("--config", "other.toml")["role_name"] == ("Other", "other.toml")
    assert "nope.toml: no such file" in refused("--config", "nope.toml", "settings")


def test_settings_that_a_run_would_refuse_are_refused() -> None:
    Path("rolecall.toml").write_text("[controls.key_rotation]\nmax_age_dayz = 60\n")
    assert "max_age_days" in refused("settings")
    Path("rolecall.toml").write_text("concurency = 60\n")
    assert "concurency" in refused("settings")
