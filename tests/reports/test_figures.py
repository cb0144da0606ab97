"""Charts: what they draw, what they leave out, and that Plotly knows every property."""

from __future__ import annotations

from datetime import date
from typing import Any

import plotly.graph_objects as go

from reports import figures
from reports.database import Row


def night(day: int, met: float | None, coverage: float = 98.0, critical: int | None = 3) -> Row:
    return {
        "as_of": date(2026, 11, day),
        "controls_met": met,
        "critical": critical,
        "high": None if critical is None else 12,
        "coverage": coverage,
        "pass": 80,
        "fail": 20,
        "has_enough_data": coverage >= 95,
    }


def coloured(value: Any, key: str = "") -> Any:
    """Names of CSS properties replaced, as `site.js` does it."""
    if isinstance(value, dict):
        return {k: coloured(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [coloured(v, key) for v in value]
    if isinstance(value, str) and value.startswith("--"):
        assert key.endswith(("color", "colors")), key
        return "#000000"
    return value


def test_plotly_knows_every_property() -> None:
    fails = [{"as_of": date(2026, 11, d), "severity": "high", "fails": d} for d in (1, 2)]
    accounts = [{"account_id": "1", "name": "<a>", "critical": 0, "high": 30}]
    accounts = [*accounts, {"account_id": "2", "name": "b", "critical": 1, "high": 3}]
    for chart in (figures.accounts_map(accounts), figures.open_fails(fails)):
        assert chart
        go.Figure(coloured(chart.figure))


def test_one_night_is_no_trend() -> None:
    assert figures.trend([]) is None
    assert figures.trend([night(1, 80)]) is None
    assert figures.open_fails([{"as_of": date(2026, 11, 1), "severity": "low", "fails": 1}]) is None


def test_nights_without_enough_data_have_no_percentage() -> None:
    chart = figures.trend([night(1, 80), night(2, 50, coverage=60), night(3, 70)])
    assert chart
    assert chart.head == ("Night", "Critical open", "High open", "Controls met", "Coverage")
    assert chart.body[1] == ("2026-11-02", "3", "12", "not enough data", "60.0%")
    assert "50" not in chart.says
    last = figures.trend([night(1, 80), night(2, 50, coverage=60)])
    assert last
    assert "not enough data" in last.says


def test_a_trend_is_drawn_with_a_gap_where_nothing_was_measured() -> None:
    rows = [night(1, 80, critical=None), night(2, 81), night(3, 50, coverage=60), night(4, 82), night(5, 83)]
    chart = figures.trend(rows)
    assert chart
    assert chart.svg
    met = chart.svg.split('class="t-met"')[1]
    assert met.count("<polyline") == 2
    assert met.count("<circle") == 4
    assert chart.svg.split('class="t-high"')[0].split('class="t-critical"')[1].count("<circle") == 4
    assert "83.0%" in chart.svg


def test_what_has_nothing_critical_or_high_shows_its_fails() -> None:
    rows = [{**night(day, 80, critical=0), "high": 0} for day in (1, 2)]
    chart = figures.trend(rows)
    assert chart
    assert chart.head == ("Night", "Fail open", "Controls met", "Coverage")


def test_the_sentence_never_names_a_percentage_without_coverage() -> None:
    chart = figures.trend([night(1, 80), night(2, 81.25, critical=2)])
    assert chart
    assert chart.says == (
        "The organization from 2026-11-01 to 2026-11-02: critical findings 3 to 2, high 12 to 12; "
        "controls met 80.0% (coverage 98.0%) to 81.2% (coverage 98.0%)."
    )


def test_accounts_without_a_critical_or_high_finding_are_not_on_the_map() -> None:
    assert figures.accounts_map([{"account_id": "1", "name": "a", "critical": 0, "high": 0}]) is None
