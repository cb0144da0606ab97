"""Reach: which principals can become administrator, in how many steps, through role trust and escalation, within and
across accounts.

In the graph, principals with equal policies share one node wherever a role's trust policy treats them alike, so that
work grows with distinct policies and edges. A principal is never its own target, so escalation is evaluated for each
one. Steps are counted backwards from the administrators. An edge costs one step; membership in a shared node none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.policy.account import Role
from pipeline.policy.principal import Principal
from pipeline.policy.reach_graph import Graph, Hop, Inventory
from pipeline.policy.tri import Tri
from pipeline.policy.ways import Ways, distances, into_targets


@dataclass(frozen=True, slots=True)
class Reach:
    """`steps` to administrator by unconditional ways, None if there are none; 0 is an administrator.

    `possible_steps` includes conditional ways. `hops` is a shortest way of `steps`, else of `possible_steps`;
    `conditions`: the condition keys it depends on; `is_unread`: a deciding policy could not be read. Only if there is
    no such way, one on what was not read or collected: `unread` says what.
    """

    arn: str
    steps: int | None
    possible_steps: int | None
    hops: tuple[Hop, ...]
    conditions: tuple[str, ...] = ()
    is_unread: bool = False
    unread: tuple[str, ...] = ()


def reach(
    principals: Iterable[Principal],
    roles: Iterable[Role],
    groups: Mapping[str, Mapping[str, Tri]] | None = None,
    inventories: Mapping[str, Inventory] | None = None,
    first: Iterable[tuple[str, str, Tri]] = (),
) -> list[Reach]:
    """One row per principal. `roles`: the roles with their trust policies (`admin` is computed here, not taken from
    them); `groups`: {account: {group ARN: whether it makes an administrator}}; `inventories` by account. `first`: who
    becomes administrator over a target whose rights it changes first (`Escalation.first`), by which path, the verdict.
    """
    everyone = list(principals)
    graph = Graph(everyone, roles, groups or {}, inventories or {}, first)
    certain = distances(into_targets(graph.edges, Tri.YES), graph.starts(Tri.YES))
    possible = distances(into_targets(graph.edges, Tri.DEPENDS), graph.starts(Tri.DEPENDS))
    supposed = distances(into_targets((*graph.edges, *graph.unread), Tri.DEPENDS), graph.starts(Tri.DEPENDS))
    return [_row(principal.arn, certain, possible, supposed, graph) for principal in everyone]


def _row(arn: str, certain: Ways, possible: Ways, supposed: Ways, graph: Graph) -> Reach:
    ways = next((ways for ways in (certain, possible) if arn in ways), supposed)
    hops, node, unread = [], arn, tuple[str, ...]()
    while node in ways and (edge := ways[node][1]) is not None:
        unread += graph.unread.get(edge, ()) if ways is supposed else ()
        if edge.how:
            hops.append(Hop(str(edge.target), edge.how))
        node = edge.target  # type: ignore[assignment]
    steps, possible_steps = certain.get(arn, (None, None))[0], ways.get(arn, (None, None))[0]
    possible_steps = possible[arn][0] if arn in possible else possible_steps
    waiting = list(graph.evidence(arn, hops)) if steps is None and hops else []
    conditions = sorted({key for hit in waiting for key in hit.unknown_keys})
    is_unread = bool(unread) or any(hit.index is None for hit in waiting)
    return Reach(arn, steps, possible_steps, tuple(hops), tuple(conditions), is_unread, tuple(dict.fromkeys(unread)))
