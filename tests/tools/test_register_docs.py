"""docs/register.md: an example of every kind, which loads, and the controls that read it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.collect import register
from pipeline.settings import Settings
from pipeline.warehouse import models
from tests.conftest import ROOT

TEXT = (ROOT / "docs" / "register.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))


def test_every_kind_has_a_section_and_an_example_that_loads(tmp_path: Path) -> None:
    assert list(SECTIONS) == list(register.KINDS)
    file = tmp_path / "exceptions.toml"
    file.write_text("\n".join(re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)), encoding="utf-8")
    rows = register.load(Settings(exceptions_file=file))
    assert [row["kind"] for row in rows] == [kind.kind for kind in register.KINDS.values()]


@pytest.mark.parametrize("table", register.KINDS)
def test_fields_and_controls_are_named(table: str) -> None:
    kind, section = register.KINDS[table], SECTIONS[table]
    common = re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE)
    assert [name for name in kind.model_fields if name not in common and name not in section] == []
    controls = models.load().controls.values()
    readers = [model.name for model in controls if model.control and kind.kind in model.control.register_entries]
    assert [name for name in readers if f"`{name}`" not in section] == []
