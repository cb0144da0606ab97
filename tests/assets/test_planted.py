"""An exception in any layer of a night: exit code 2, one sentence, the log's place, and what was published stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assets.cli import main
from assets.cli.app import REFUSED
from tests import nights
from tests.conftest import Loopback
from tests.nights import Landed

pytestmark = pytest.mark.slow

LAYERS = {
    "landing": "pipeline.landing.counts",
    "quality": "assets.defs.checks.validate",
    "checkpoint": "pipeline.quality.checkpoint.defined",
    "warehouse": "pipeline.warehouse.store.writing",
}


@pytest.fixture(scope="module")
def landed(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Landed:
    return nights.landed(loopback, tmp_path_factory)


@pytest.mark.parametrize("layer", LAYERS)
def test_an_exception_is_one_sentence(
    aws: Loopback, landed: Landed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layer: str
) -> None:
    home = tmp_path / "home"
    landed.copy(home)
    (home / "reports").mkdir()
    (home / "reports" / "kept").write_text("the report of yesterday")

    def broken(*_: Any, **__: Any) -> Any:
        raise KeyError(f"planted\nin {layer}")

    if layer == "warehouse":
        monkeypatch.setattr(LAYERS["quality"], lambda *_: [])
    monkeypatch.setattr(LAYERS[layer], broken)
    monkeypatch.chdir(tmp_path)
    night = str(aws.nights[nights.NIGHT - 1])
    for name, value in {"TODAY": night, "ROLE_NAME": aws.role_name, "EXTERNAL_ID": aws.external_id}.items():
        monkeypatch.setenv(f"ROLECALL_{name}", value)
    command = ["run", "--judge-only", "--home", str(home), "--exceptions-file", str(landed.register)]
    result = CliRunner().invoke(main.app, command)
    assert result.exit_code == REFUSED, result.output
    said = [line for line in result.stderr.splitlines() if line.startswith("rolecall: ")]
    assert len(said) == 1, result.stderr
    assert "KeyError" in said[0]
    assert f"{home / 'last_failure.log'} has the details" in said[0]
    assert f"planted\\nin {layer}" in (home / "last_failure.log").read_text()
    assert (home / "reports" / "kept").read_text() == "the report of yesterday"
