"""The code location loads, is whole, and starts nothing by itself."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from assets import home
from assets.definitions import build
from pipeline import collectors
from pipeline.settings import ControlSettings, Refused, load
from pipeline.warehouse import models
from pipeline.warehouse.headers import ControlHeader
from tests.assets.support import settings
from tests.conftest import ROOT


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


def test_dagster_reports_nothing_to_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    with dg.DagsterInstance.from_config(str(home.dagster_home(tmp_path))) as kept:
        assert not kept.telemetry_enabled
    (tmp_path / "dagster" / home.INSTANCE).write_text("")
    with dg.DagsterInstance.from_config(str(tmp_path / "dagster")) as plain:
        assert plain.telemetry_enabled  # else the setting has no effect, and another is needed
    assert not dg.DagsterInstance.ephemeral().telemetry_enabled


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


def test_assets_have_the_owners_of_the_settings(tmp_path: Path) -> None:
    owners = ["team:cloud_security", "iam@example.com"]
    graph = build(settings(tmp_path, owners=owners)).resolve_asset_graph()
    assert {tuple(graph.get(key).owners) for key in graph.get_all_asset_keys()} == {tuple(owners)}
    with pytest.raises(Refused, match=r"owners: .*neither an email address nor team:name"):
        load(owners=["Cloud Security"])
