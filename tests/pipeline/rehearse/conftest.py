"""The small published organization that changes are rehearsed on, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.settings import Settings
from tests.pipeline.explain.explained import blank
from tests.pipeline.rehearse import organization


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return organization.home(tmp_path_factory)


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings.model_construct(**(blank() | {"home": home}))


@pytest.fixture(scope="session")
def judge(home: Path) -> organization.Judge:
    return organization.Judge(home)
