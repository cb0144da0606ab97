"""Charts of ways: who becomes administrator and how, who of outside acts in which roles, when exceptions end.

Ways that many accounts share (the same names, from a StackSet or a template) are one band, as wide as they are many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from reports.figures import EDGES, Chart, layout
from reports.filters import number, visible

MOST_WAYS = 24
"""Bands that an eye can follow; the others are counted together."""
MOST_LETTERS = 36
OTHERS = "others"
CERTAIN, CONDITIONAL = "--fail-soft", "--heat-1"


@dataclass(frozen=True)
class Way:
    """What a band passes, from left to right; how many take it; and whether it holds always."""

    stops: tuple[str, ...]
    count: int
    always: bool = True


HOLDS = ("Holds", "always", "under conditions")


def flow(
    id: str,
    title: str,
    says: str,
    ways: Sequence[Way],
    heads: tuple[str, str, str],
    holds: tuple[str, str, str] = HOLDS,
) -> Chart | None:
    """A band for each way, the most common on top; None without ways.

    `heads` of the table of numbers: the first stop, those after it, what is counted. `holds`: what `Way.always` is
    called there, where it is so and where it is not.
    """
    if not ways:
        return None
    shown = _fewer(ways)
    places: dict[tuple[int, str], int] = {}
    bands: Counter[tuple[int, int, bool]] = Counter()
    for way in shown:
        # But for the first, stops are told apart by how far the end is: no band leads back to where it came from.
        keys = [(len(way.stops) - n if n else 0, stop) for n, stop in enumerate(way.stops)]
        at = [places.setdefault(key, len(places)) for key in keys]
        for pair in pairwise(at):
            bands[(*pair, way.always)] += way.count
    counts = f"%{{value:,}} {heads[2].lower()}<extra></extra>"
    node = {
        "label": [_plain(_short(stop)) for _, stop in places],
        "customdata": [_plain(stop) for _, stop in places],
        "color": ["--muted"] * len(places),
        "pad": 14,
        "thickness": 8,
        "line": {"width": 0},
        "hovertemplate": f"%{{customdata}}<br>{counts}",
    }
    link = {
        "source": [start for start, _, _ in bands],
        "target": [end for _, end, _ in bands],
        "value": [*bands.values()],
        "color": [CERTAIN if always else CONDITIONAL for *_, always in bands],
        "hovertemplate": f"%{{source.customdata}} → %{{target.customdata}}<br>{counts}",
    }
    data: dict[str, Any] = {"type": "sankey", "arrangement": "fixed", "node": node, "link": link}
    table = tuple(
        (way.stops[0], " → ".join(way.stops[1:]), holds[1] if way.always else holds[2], number(way.count))
        for way in ways[: 8 * MOST_WAYS]
    )
    head = (*heads[:2], holds[0], heads[2])
    height = 140 + 24 * max(Counter(depth for depth, _ in places).values())
    return Chart(
        id,
        title,
        says,
        head,
        table,
        figure={"data": [data], "layout": layout(margin=EDGES)},
        height=height,
        is_wide=True,
    )


def _fewer(ways: Sequence[Way]) -> list[Way]:
    """The most common ways; the others from where and to where these lead, else from or to the others."""
    ranked = sorted(ways, key=lambda way: (-way.count, way.stops))
    shown, rest = ranked[:MOST_WAYS], Counter[tuple[str, str, bool]]()
    starts, ends = {way.stops[0] for way in shown}, {way.stops[-1] for way in shown}
    for way in ranked[MOST_WAYS:]:
        start, end = way.stops[0], way.stops[-1]
        rest[start if start in starts else OTHERS, end if end in ends else OTHERS, way.always] += way.count
    return shown + [Way((start, end), count, always) for (start, end, always), count in rest.items()]


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


def _plain(text: str) -> str:
    """Text as Plotly shows it: what looks like a tag to it is none."""
    return str(visible(text)).replace("&", "&amp;").replace("<", "&lt;")


def total(ways: Sequence[Way], always: bool = False) -> int:
    """How many there are; or how many that hold always."""
    return sum(way.count for way in ways if way.always or not always)
