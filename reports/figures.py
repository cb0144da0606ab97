"""Charts. Trends are drawn as SVG in the page itself, from the same rows as their table of numbers; only the page of
pictures draws with Plotly. Colours are the page's own, so that charts follow the reader's light or dark scheme.

Every chart has a sentence that describes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from pipeline.schema import Row
from reports.filters import SEVERITIES, iso, number, percent, plural

DAY = 86_400_000
EDGES = {"l": 0, "r": 0, "t": 4, "b": 4}
WIDTH, PANEL, BOTTOM, LEFT, RIGHT = 640, 76, 24, 8, 74


@dataclass(frozen=True)
class Chart:
    """A chart: SVG, or a figure for Plotly; a description in words, and the same numbers as a table. A wide one scrolls
    on narrow screens.
    """

    id: str
    title: str
    says: str
    head: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]
    svg: Markup | None = None
    figure: dict[str, Any] = field(default_factory=dict)
    height: int = 300
    is_wide: bool = False


@dataclass(frozen=True)
class Panel:
    """One line of a trend with a scale of its own; None where nothing was measured."""

    name: str
    kind: str
    values: tuple[float | None, ...]

    def shown(self, value: float | None) -> str:
        if self.kind != "met":
            return number(value)
        return "not enough data" if value is None else percent(value)


def has_enough(row: Row) -> bool:
    return row["controls_met"] is not None and bool(row["has_enough_data"])


def trend(rows: list[Row], id: str = "trend", of: str = "the organization") -> Chart | None:
    """Open findings and controls met by night, each on its own scale. None with fewer than two nights."""
    measured = [r for r in rows if r["pass"] or r["fail"]]
    if len(measured) < 2:
        return None
    panels = [panel for panel in _panels(rows) if any(value is not None for value in panel.values)]
    table = tuple(
        (iso(r["as_of"]), *(panel.shown(panel.values[n]) for panel in panels), percent(r["coverage"]))
        for n, r in reversed([*enumerate(rows)])
    )
    head = ("Night", *(panel.name for panel in panels), "Coverage")
    title = "Open findings and controls met by night"
    return Chart(id, title, _says(rows, of), head, table, svg=_draw(panels, [iso(r["as_of"]) for r in rows]))


def _panels(rows: list[Row]) -> Iterator[Panel]:
    grave = [name for name in ("critical", "high") if any(r[name] for r in rows)]
    for name in grave or ["fail"]:
        yield Panel(f"{name.capitalize()} open", name, tuple(r[name] for r in rows))
    yield Panel("Controls met", "met", tuple(r["controls_met"] if has_enough(r) else None for r in rows))


def _draw(panels: Sequence[Panel], dates: Sequence[str]) -> Markup:
    height = PANEL * len(panels) + BOTTOM
    parts = [_panel(panel, n * PANEL) for n, panel in enumerate(panels)]
    ends = Markup('<text x="{}" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text>').format(
        LEFT, height - 6, dates[0], WIDTH - RIGHT, height - 6, dates[-1]
    )
    drawing = '<svg class="trend" viewBox="0 0 {} {}" aria-hidden="true" focusable="false">{}{}</svg>'
    return Markup(drawing).format(WIDTH, height, Markup("").join(parts), ends)


def _panel(panel: Panel, top: int) -> Markup:
    known = [value for value in panel.values if value is not None]
    low, high = min(known), max(known)
    span = high - low or 1.0
    step = (WIDTH - LEFT - RIGHT) / max(1, len(panel.values) - 1)
    dots = [
        None if value is None else (LEFT + n * step, top + PANEL - 14 - (value - low) / span * (PANEL - 44))
        for n, value in enumerate(panel.values)
    ]
    name = Markup('<text class="name" x="{}" y="{}">{}</text>').format(LEFT, top + 14, panel.name)
    lines = Markup("").join(
        Markup('<polyline points="{}"/>').format(" ".join(f"{x:.1f},{y:.1f}" for x, y in run)) for run in _runs(dots)
    )
    marks = Markup("").join(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3"/>').format(*dot) for dot in dots if dot)
    last = next((dot for dot in reversed(dots) if dot), (0.0, 0.0))
    value = Markup('<text class="last" x="{:.1f}" y="{:.1f}">{}</text>').format(
        last[0] + 10, last[1] + 5, panel.shown(known[-1])
    )
    return Markup('<g class="t-{}">{}{}{}{}</g>').format(panel.kind, name, lines, marks, value)


def _runs(dots: Sequence[tuple[float, float] | None]) -> Iterator[list[tuple[float, float]]]:
    """Dots that follow each other: a line is not drawn over nights without a value."""
    run: list[tuple[float, float]] = []
    for dot in (*dots, None):
        if dot:
            run.append(dot)
        elif run:
            yield run
            run = []


def _says(rows: list[Row], of: str) -> str:
    first, last = rows[0], rows[-1]
    begin, end = iso(first["as_of"]), iso(last["as_of"])
    counts = f"{of[0].upper()}{of[1:]} from {begin} to {end}: "
    if first["critical"] is None:
        counts += f"fail findings {first['fail']:,} to {last['fail']:,}"
    else:
        counts += f"critical findings {first['critical']:,} to {last['critical']:,}, high "
        counts += f"{first['high']:,} to {last['high']:,}"
    if not (has_enough(first) and has_enough(last)):
        return f"{counts}; on some of these {plural(len(rows), 'night')} there was not enough data for controls met."
    return (
        f"{counts}; controls met {percent(first['controls_met'])} (coverage {percent(first['coverage'])}) to "
        f"{percent(last['controls_met'])} (coverage {percent(last['coverage'])})."
    )


def _axis(**more: Any) -> dict[str, Any]:
    return {
        "gridcolor": "--line",
        "linecolor": "--line",
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
        "tickfont": {"color": "--muted", "size": 12},
    } | more


def layout(**more: Any) -> dict[str, Any]:
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "--ink", "family": "system-ui, sans-serif", "size": 13},
        "margin": {"l": 44, "r": 12, "t": 8, "b": 30},
        "hoverlabel": {"bgcolor": "--surface", "bordercolor": "--line", "font": {"color": "--ink"}},
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom"},
    } | more


def open_fails(rows: list[Row], events: Sequence[Row] = ()) -> Chart | None:
    """Failing findings per night, stacked by severity, most severe at the bottom, and what happened. For Plotly."""
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
    dates_axis = _axis(type="date", tickformat="%-d %b", hoverformat="%-d %B %Y", showgrid=False)
    del dates_axis["gridcolor"]
    drawn = layout(
        barmode="stack",
        hovermode="x unified",
        xaxis=dates_axis,
        yaxis=_axis(rangemode="tozero", nticks=5, tickformat=",d"),
    )
    happened = {iso(row["as_of"]): row["says"] for row in events}
    heights = {d: sum(counts.get((d, s), 0) for s in SEVERITIES) for d in dates}
    if marked := [d for d in dates if d in happened]:
        data.append(_marks(marked, [happened[d] for d in marked], [heights[d] for d in marked]))
    table = tuple(
        (d, *(f"{counts.get((d, s), 0):,}" for s in SEVERITIES), happened.get(d, "")) for d in reversed(dates)
    )
    totals = [heights[d] for d in (dates[0], dates[-1])]
    grave = [counts.get((d, "critical"), 0) for d in (dates[0], dates[-1])]
    says = (
        f"Fail findings went from {totals[0]:,} on {dates[0]} to {totals[1]:,} on {dates[-1]}; "
        f"critical ones from {grave[0]:,} to {grave[1]:,}."
    )
    figure = {"data": data, "layout": drawn}
    head = ("Night", *SEVERITIES, "What happened")
    return Chart("open-fails", "Fail findings by severity and night", says, head, table, figure=figure)


def _marks(dates: Sequence[str], says: Sequence[str], heights: Sequence[int]) -> dict[str, Any]:
    """A mark on top of the nights on which something happened that moves the counts."""
    return {
        "type": "scatter",
        "name": "what happened",
        "mode": "markers",
        "x": dates,
        "y": heights,
        "text": says,
        "marker": {"color": "--accent", "symbol": "triangle-down", "size": 11},
        "hovertemplate": "%{text}<extra></extra>",
    }


def accounts_map(accounts: Sequence[Row]) -> Chart | None:
    """Accounts as a treemap: as large as their critical and high findings, as dark as the critical ones. For Plotly."""
    grave = [a for a in accounts if a["critical"] + a["high"]]
    if not grave:
        return None
    colours = ["--sev-critical" if a["critical"] else "--sev-high" if a["high"] > 20 else "--sev-medium" for a in grave]
    data = {
        "type": "treemap",
        "labels": [a["name"] for a in grave],
        "ids": [a["account_id"] for a in grave],
        "parents": [""] * len(grave),
        "values": [a["critical"] + a["high"] for a in grave],
        "text": [f"{a['critical']} critical, {a['high']} high" for a in grave],
        "textinfo": "label+text",
        "hovertemplate": "%{label}<br>%{text}<extra></extra>",
        "marker": {"colors": colours, "line": {"color": "--surface", "width": 2}},
        "pathbar": {"visible": False},
    }
    table = tuple((a["name"], number(a["critical"]), number(a["high"])) for a in grave)
    says = f"{plural(len(grave), 'account')} with a critical or high finding; {grave[0]['name']} has the gravest."
    figure = {"data": [data], "layout": layout(margin=EDGES)}
    title = "Accounts by critical and high findings"
    return Chart("accounts-map", title, says, ("Account", "Critical", "High"), table, figure=figure, height=460)
