"""Who gets to do something by assuming roles and escalating first, within some steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.policy.tri import Tri
from pipeline.questions.answers import Answer
from pipeline.questions.how import Movers


@dataclass(frozen=True)
class Further:
    """A principal that becomes somebody who may: in so many steps, `via` its first hop."""

    arn: str
    steps: int
    is_certain: bool
    via: str


def further(movers: Movers, answer: Answer, most: int) -> Iterator[Further]:
    """Those who are not in the answer and get to one of its callers within `most` steps; certainly, if by certain
    steps to one who certainly may.
    """
    may = [found.who.arn for found in answer.may if found.who.arn in movers.graph.by_arn]
    might = [*may, *(found.who.arn for found in answer.conditional if found.who.arn in movers.graph.by_arn)]
    certain = movers.distances(may, Tri.YES)
    possible = movers.distances(might, Tri.DEPENDS)
    for arn in movers.graph.by_arn:
        if arn in might or arn not in possible:
            continue
        ways = certain if arn in certain and certain[arn][0] <= most else possible
        if ways[arn][0] <= most:
            yield Further(arn, ways[arn][0], ways is certain, movers.first_hop(arn, ways))
