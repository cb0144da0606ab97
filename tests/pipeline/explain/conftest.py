"""The small published night that findings are explained on, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.night import DATABASE
from tests.pipeline.explain import explained


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return explained.home(tmp_path_factory) / DATABASE
