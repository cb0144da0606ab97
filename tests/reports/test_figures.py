"""Charts: what they draw, what they leave out, and that Plotly knows every property."""

from __future__ import annotations

from datetime import date
from typing import Any

import plotly.graph_objects as go
import pytest

from reports import figures
from reports.database import Row


def night(day: int, score: float | None, coverage: float = 98.0, fail: int = 20) -> Row:
    return {
        "as_of": date(2026, 11, day),
        "score": score,
        "coverage": coverage,
        "pass": 80,
        "fail": fail,
        "has_enough_data": coverage >= 95,
    }


def coloured(value: Any, key: str = "") -> Any:
    """Names of CSS properties replaced, as `site.js` does it."""
    if isinstance(value, dict):
        return {k: coloured(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [coloured(v, key) for v in value]
    if isinstance(value, str) and value.startswith("--"):
        assert key.endswith("color"), key
        return "#000000"
    return value


def test_plotly_knows_every_property() -> None:
    fails = [{"as_of": date(2026, 11, d), "severity": "high", "fails": d} for d in (1, 2)]
    for chart in (figures.trend([night(1, 80), night(2, 81)]), figures.open_fails(fails)):
        assert chart
        go.Figure(coloured(chart.figure))


def test_one_night_is_no_trend() -> None:
    assert figures.trend([]) is None
    assert figures.trend([night(1, 80)]) is None
    assert figures.open_fails([{"as_of": date(2026, 11, 1), "severity": "low", "fails": 1}]) is None


def test_nights_without_enough_data_have_no_score() -> None:
    chart = figures.trend([night(1, 80), night(2, 50, coverage=60)])
    assert chart
    assert chart.figure["data"][1]["y"] == [80, None]
    assert chart.body[0] == ("2026-11-02", "not enough data", "60.0%", "20", "80")
    assert "not enough data" in chart.says
    assert "50" not in chart.says


def test_no_night_with_enough_data_is_said() -> None:
    chart = figures.trend([night(1, 80, coverage=10), night(2, 50, coverage=10)])
    assert chart
    assert "on none of them" in chart.says


def test_the_sentence_never_names_a_score_without_coverage() -> None:
    chart = figures.trend([night(1, 80), night(2, 81.25)], of="The overall score")
    assert chart
    assert chart.says == (
        "The overall score went from 80.0% (coverage 98.0%) on 2026-11-01 to 81.2% (coverage 98.0%) on 2026-11-02; "
        "fail findings from 20 to 20."
    )


@pytest.mark.parametrize(("most", "ticks"), [(0, [1]), (3, [1]), (500, None)])
def test_small_counts_have_whole_ticks(most: int, ticks: list[int] | None) -> None:
    chart = figures.trend([night(1, 80, fail=most), night(2, 81, fail=most)])
    assert chart
    axis = chart.figure["layout"]["yaxis2"]
    assert ([axis["dtick"]] if "dtick" in axis else None) == ticks
