"""Every test of the command line runs in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.assets.cli.support import NIGHT, PUBLISHED
from tests.conftest import HERMETIC
from tests.pipeline.explain import explained


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without rolecall.toml, and no settings but the test's."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("ROLECALL_", "AWS_", "DAGSTER_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ROLECALL_TODAY", NIGHT)
    monkeypatch.setenv("ROLECALL_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in HERMETIC.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "var" / "reports" / "2026-11-15").mkdir(parents=True)
    (tmp_path / "var" / "reports" / "latest").symlink_to("2026-11-15")
    for path in PUBLISHED:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("the night before")


@pytest.fixture(scope="package")
def published(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A home with a published night."""
    return str(explained.home(tmp_path_factory))
