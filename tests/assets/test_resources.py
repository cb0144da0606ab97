"""The settings as a resource: what a run may change, what it may not, and what Dagster is not shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.resources import FIXED, RunSettings, run_settings
from pipeline.settings import ControlSettings, Refused, Settings

KEY_AGE = {"key_rotation": ControlSettings(max_age_days=60)}


def loaded(resource: RunSettings, **configured: Any) -> Settings:
    """The settings of a run whose configuration says this."""
    seen: list[Settings] = []

    @dg.op(required_resource_keys={"settings"})
    def look(context) -> None:  # type: ignore[no-untyped-def]  # Dagster resolves no annotation of a local function
        seen.append(context.resources.settings.load())

    @dg.job(resource_defs={"settings": resource})
    def looking() -> None:
        look()

    looking.execute_in_process(run_config={"resources": {"settings": {"config": configured}}})
    return seen[0]


def test_a_run_has_the_settings_of_the_code_location(tmp_path: Path) -> None:
    chosen = Settings(home=tmp_path, regions=["eu-central-1"], controls=KEY_AGE)
    assert run_settings(chosen).load() is chosen
    assert loaded(run_settings(chosen)) == chosen


def test_the_launchpad_changes_a_setting_for_one_run(tmp_path: Path) -> None:
    chosen = Settings(home=tmp_path, regions=["eu-central-1"], controls=KEY_AGE)
    run = loaded(run_settings(chosen), concurrency=2, include_accounts=["123456789012"])
    assert run == chosen.model_copy(update={"concurrency": 2, "include_accounts": ["123456789012"]})


@pytest.mark.parametrize(("name", "value"), [("concurrency", 0), ("include_accounts", ["12"]), ("notify_when", "now")])
def test_a_value_that_is_not_right_is_refused(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(Refused, match=name):
        loaded(run_settings(Settings(home=tmp_path)), **{name: value})


def test_every_setting_is_there_but_those_that_the_code_location_rests_on(tmp_path: Path) -> None:
    fields = type(run_settings(Settings(home=tmp_path))).model_fields
    assert fields.keys() == Settings.model_fields.keys() - FIXED
    assert all(of.description for of in fields.values())


def test_a_secret_is_known_by_its_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROLECALL_EXTERNAL_ID", "agreed-on-the-phone")
    resource = run_settings(Settings(home=tmp_path))
    assert "agreed-on-the-phone" not in repr(resource)
    assert loaded(resource).external_id == "agreed-on-the-phone"
