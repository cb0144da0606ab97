"""Hypothesis without a clock (the machines are shared) and without files of its own; no lines are counted.

`pytest tests/policy --hypothesis-profile policy-long` looks longer.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest
from hypothesis import settings

from tests.steps import untraced

settings.register_profile("policy", deadline=None, database=None)
settings.register_profile("policy-long", settings.get_profile("policy"), max_examples=3000)
settings.load_profile("policy")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, object, object]:
    """Coverage leaves the evaluator out, and to be asked at every line makes its tests take 2.6 times as long."""
    with untraced():
        return (yield)
