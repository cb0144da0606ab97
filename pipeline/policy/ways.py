"""A graph of edges with costs and three-valued verdicts, and the shortest ways through it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from pipeline.policy.tri import Tri


@dataclass(frozen=True, slots=True)
class Edge:
    source: Hashable
    target: Hashable
    how: str
    verdict: Tri
    cost: int = 1


Ways = dict[Hashable, tuple[int, "Edge | None"]]


Into = Mapping[Hashable, list[Edge]]


def into_targets(edges: Iterable[Edge], at_least: Tri) -> Into:
    """The edges by their target."""
    by_target: dict[Hashable, list[Edge]] = defaultdict(list)
    for edge in edges:
        if edge.verdict >= at_least:
            by_target[edge.target].append(edge)
    return by_target


def distances(into: Into, starts: Iterable[Hashable]) -> Ways:
    """{node: (steps, the edge to take)}, the nearest first from the starts, against the edges."""
    ways: Ways = dict.fromkeys(starts, (0, None))
    order = count()
    waiting = [(0, next(order), node) for node in ways]
    while waiting:
        steps, _, node = heappop(waiting)
        if steps > ways[node][0]:
            continue
        for edge in into.get(node, ()):
            further = steps + edge.cost
            if edge.source not in ways or further < ways[edge.source][0]:
                ways[edge.source] = (further, edge)
                heappush(waiting, (further, next(order), edge.source))
    return ways
