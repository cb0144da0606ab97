"""Collector `permission_sets`."""

from __future__ import annotations

import pytest

from pipeline.collectors import (
    permission_sets,
)


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("PT1H", 3600),
        ("PT8H30M", 30600),
        ("P1DT1S", 86401),
        ("PT90M", 5400),
        ("P1D", 86400),
        ("P", None),
        ("PT", None),
        ("8 hours", None),
        ("", None),
    ],
)
def test_session_durations(period: str, expected: int | None) -> None:
    assert permission_sets.seconds(period) == expected
