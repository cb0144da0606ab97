"""Charts of ways: what is one band, what the others become, and that Plotly takes it."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from reports.figures import Chart
from reports.flows import MOST_WAYS, OTHERS, Way, flow, total
from tests.reports.test_figures import coloured

HEADS = ("Who", "Way", "Users")


def drawn(*ways: Way) -> tuple[Chart, dict[tuple[str, str], int]]:
    """The chart, and the count of each band by the labels at its ends."""
    chart = flow("f", "Title", "says", ways, HEADS)
    assert chart
    sankey: dict[str, Any] = chart.figure["data"][0]
    labels, link = sankey["node"]["label"], sankey["link"]
    bands: dict[tuple[str, str], int] = {}
    for start, end, value in zip(link["source"], link["target"], link["value"], strict=True):
        bands[labels[start], labels[end]] = bands.get((labels[start], labels[end]), 0) + value
    return chart, bands


def test_no_way_is_no_chart() -> None:
    assert flow("f", "Title", "", [], HEADS) is None


def test_ways_that_share_a_stop_meet_there() -> None:
    chart, bands = drawn(Way(("a", "via", "end"), 3), Way(("b", "via", "end"), 2, always=False))
    assert bands == {("a", "via"): 3, ("b", "via"): 2, ("via", "end"): 5}
    assert chart.head == ("Who", "Way", "Holds", "Users")
    assert chart.body == (("a", "via → end", "always", "3"), ("b", "via → end", "under conditions", "2"))
    go.Figure(coloured(chart.figure))


def test_no_band_leads_back() -> None:
    chart, _ = drawn(Way(("a", "b", "c", "end"), 1), Way(("b", "c", "b", "end"), 1), Way(("c", "end"), 1))
    link = chart.figure["data"][0]["link"]
    after: dict[int, set[int]] = {}
    for start, end in zip(link["source"], link["target"], strict=True):
        after.setdefault(start, set()).add(end)

    def reached(start: int) -> set[int]:
        return {further for end in after.get(start, ()) for further in {end, *reached(end)}}

    assert all(start not in reached(start) for start in after)


def test_rare_ways_are_counted_with_others() -> None:
    many = [Way((f"who-{n}", "end"), 100 - n) for n in range(MOST_WAYS)]
    rare = [Way(("who-0", "step", "elsewhere"), 1), *(Way((f"rare-{n}", "end"), 1) for n in range(500))]
    _, bands = drawn(*rare, *many)
    assert bands["who-0", OTHERS] == 1
    assert bands[OTHERS, "end"] == 500
    assert sum(bands.values()) == total([*many, *rare])


def test_what_looks_like_a_tag_is_text() -> None:
    chart, _ = drawn(Way(("<b>" + "x" * 90, "end"), 1))
    label, full = (chart.figure["data"][0]["node"][key][0] for key in ("label", "customdata"))
    assert label.startswith("&lt;b>x")
    assert label.endswith("…")
    assert full == "&lt;b>" + "x" * 90
