"""Fixtures of the tests of the definitions."""

from __future__ import annotations

import dagster as dg
import pytest

from assets.definitions import build
from tests.assets.support import settings


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build(settings(tmp_path_factory.mktemp("home"), schedule_hour=3, schedule_timezone="Europe/Berlin"))
