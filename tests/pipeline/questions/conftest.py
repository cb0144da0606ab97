"""A small organization at random, built once."""

from __future__ import annotations

import pytest

from pipeline.questions.published import Published
from tests.pipeline.questions import world


@pytest.fixture(scope="package")
def made() -> world.World:
    return world.world(18)


@pytest.fixture(scope="package")
def night(made: world.World, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return world.published(made, tmp_path_factory.mktemp("home"))
