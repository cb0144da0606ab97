"""Charts, as JSON for Plotly. Colours are names of CSS properties (`--accent`), resolved by `site.js` so that charts
follow the reader's light or dark scheme. Every chart has a sentence that describes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pipeline.schema import Row
from reports.filters import SEVERITIES, iso, number, percent, plural

FEW_NIGHTS = 14
DAY = 86_400_000


@dataclass(frozen=True)
class Chart:
    """A Plotly figure, a description in words, and the same numbers as a table."""

    id: str
    title: str
    says: str
    figure: dict[str, Any]
    head: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]
    height: int = 300


def _axis(**more: Any) -> dict[str, Any]:
    return {
        "gridcolor": "--line",
        "linecolor": "--line",
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
        "tickfont": {"color": "--muted", "size": 12},
    } | more


def _layout(nights: int, **more: Any) -> dict[str, Any]:
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "--ink", "family": "system-ui, sans-serif", "size": 13},
        "margin": {"l": 44, "r": 12, "t": 8, "b": 30},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": "--surface", "bordercolor": "--line", "font": {"color": "--ink"}},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
        "xaxis": _dates(nights),
    } | more


def _dates(nights: int, **more: Any) -> dict[str, Any]:
    every = {"dtick": DAY} if nights <= FEW_NIGHTS else {}
    axis = _axis(type="date", tickformat="%-d %b", hoverformat="%-d %B %Y", showgrid=False, **every, **more)
    del axis["gridcolor"]
    return axis


def has_enough(row: Row) -> bool:
    return row["score"] is not None and bool(row["has_enough_data"])


def _score(row: Row) -> str:
    return percent(row["score"]) if has_enough(row) else "not enough data"


def trend(rows: list[Row], id: str = "trend", of: str = "The score") -> Chart | None:
    """Score and coverage above, fails below, by night. None if fewer than two nights have a pass or a fail."""
    if len([r for r in rows if r["pass"] or r["fail"]]) < 2:
        return None
    dates = [iso(r["as_of"]) for r in rows]
    scores = [r["score"] if has_enough(r) else None for r in rows]
    values = [v for v in [*scores, *(r["coverage"] for r in rows)] if v is not None]
    bottom = max(0, int(min(values, default=0) // 10) * 10 - 5)
    lines = [
        _line("coverage", dates, [r["coverage"] for r in rows], "--muted", dash="dot"),
        _line("score", dates, scores, "--accent", dash="solid"),
    ]
    bars = {
        "type": "bar",
        "name": "fail findings",
        "x": dates,
        "y": [r["fail"] for r in rows],
        "yaxis": "y2",
        "width": [DAY * 0.45] * len(rows),
        "marker": {"color": "--fail-soft"},
        "hovertemplate": "%{y:,} fail<extra></extra>",
    }
    layout = _layout(
        len(rows),
        xaxis=_dates(len(rows), anchor="y2"),
        yaxis=_axis(domain=[0.34, 1], range=[bottom, 102], ticksuffix="%", nticks=5),
        yaxis2=_axis(domain=[0, 0.26], rangemode="tozero", tickformat=",d", **_few_ticks(max(r["fail"] for r in rows))),
    )
    table = tuple(
        (iso(r["as_of"]), _score(r), percent(r["coverage"]), number(r["fail"]), number(r["pass"]))
        for r in reversed(rows)
    )
    head = ("Night", "Score", "Coverage", "Fail", "Pass")
    title = "Score, coverage and fail findings by night"
    return Chart(id, title, _says(rows, of), {"data": [*lines, bars], "layout": layout}, head, table)


def small(chart: Chart | None, id: str, height: int) -> Chart | None:
    """A compact version of the chart: lower, with smaller text."""
    if chart is None:
        return None
    layout = chart.figure["layout"]
    axes = {k: v | {"tickfont": v["tickfont"] | {"size": 10}} for k, v in layout.items() if "axis" in k}
    smaller = layout | axes | {"font": layout["font"] | {"size": 11}, "margin": {"l": 36, "r": 4, "t": 4, "b": 22}}
    return replace(chart, id=id, height=height, figure=chart.figure | {"layout": smaller})


def _few_ticks(most: int) -> dict[str, Any]:
    """Ticks at whole numbers only, even for small counts."""
    return {"nticks": 3} if most > 4 else {"dtick": max(1, most // 2), "range": [0, max(1, most) * 1.1]}


def _line(name: str, dates: list[str], values: list[float | None], color: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": dates,
        "y": [None if v is None else round(v, 2) for v in values],
        "line": {"color": color, "width": 2.5 if dash == "solid" else 1.5, "dash": dash},
        "marker": {"color": color, "size": 7 if dash == "solid" else 4},
        "connectgaps": False,
        "hovertemplate": f"%{{y:.1f}}% {name}<extra></extra>",
    }


def _says(rows: list[Row], of: str) -> str:
    first, last = rows[0], rows[-1]
    if not any(has_enough(r) for r in rows):
        return f"{of} over {plural(len(rows), 'night')}: on none of them was there enough data for one."
    if not (has_enough(first) and has_enough(last)):
        return f"{of} over {plural(len(rows), 'night')}; on some of them there was not enough data for a score."
    return (
        f"{of} went from {percent(first['score'])} (coverage {percent(first['coverage'])}) on {iso(first['as_of'])} to "
        f"{percent(last['score'])} (coverage {percent(last['coverage'])}) on {iso(last['as_of'])}; fail findings from "
        f"{first['fail']:,} to {last['fail']:,}."
    )


def open_fails(rows: list[Row]) -> Chart | None:
    """Failing findings per night, stacked by severity, most severe at the bottom."""
    dates = sorted({iso(r["as_of"]) for r in rows})
    if len(dates) < 2:
        return None
    counts = {(iso(r["as_of"]), r["severity"]): r["fails"] for r in rows}
    data = [
        {
            "type": "bar",
            "name": severity,
            "x": dates,
            "y": [counts.get((d, severity), 0) for d in dates],
            "width": [DAY * 0.55] * len(dates),
            "marker": {"color": f"--sev-{severity}"},
            "hovertemplate": f"%{{y:,}} {severity}<extra></extra>",
        }
        for severity in SEVERITIES
    ]
    layout = _layout(len(dates), barmode="stack", yaxis=_axis(rangemode="tozero", nticks=5, tickformat=",d"))
    table = tuple((d, *(f"{counts.get((d, s), 0):,}" for s in SEVERITIES)) for d in reversed(dates))
    totals = [sum(counts.get((d, s), 0) for s in SEVERITIES) for d in (dates[0], dates[-1])]
    grave = [counts.get((d, "critical"), 0) for d in (dates[0], dates[-1])]
    says = (
        f"Fail findings went from {totals[0]:,} on {dates[0]} to {totals[1]:,} on {dates[-1]}; "
        f"critical ones from {grave[0]:,} to {grave[1]:,}."
    )
    figure = {"data": data, "layout": layout}
    return Chart("open-fails", "Fail findings by severity and night", says, figure, ("Night", *SEVERITIES), table)
