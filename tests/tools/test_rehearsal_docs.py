"""The commands of docs/rehearsal.md run, with the policies that it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.assets.cli.support import rolecall
from tests.conftest import ROOT
from tests.pipeline.rehearse import organization
from tests.pipeline.rehearse.test_requests import event, log_file

TEXT = (ROOT / "docs" / "rehearsal.md").read_text(encoding="utf-8")
POLICIES = dict(re.findall(r"`([\w-]+\.json)`:\n\n```json\n(.*?)```", TEXT, re.DOTALL))
COMMANDS = re.findall(r"^    rolecall (rehearse .*)$", TEXT, re.MULTILINE)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(organization.home(tmp_path_factory))


def test_the_page_has_commands_and_policies() -> None:
    assert len(COMMANDS) == 9
    assert len(POLICIES) == 4


@pytest.mark.slow
@pytest.mark.parametrize("command", [each for each in COMMANDS if "s3://" not in each])
def test_commands_run(command: str, home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in POLICIES.items():
        Path(name).write_text(text)
    log_file(Path("trail", "1.json.gz"), event("ec2:RunInstances"))
    result = rolecall(*command.replace("/NonProd", "").split(), "--home", home)
    assert result.exit_code in (0, 1), result.output
