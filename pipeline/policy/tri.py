"""Three-valued answers. `Tri.DEPENDS` means that the result depends on parts of the request that are not known.

The values are ordered, so "and" is min, "or" is max, as in Kleene's logic; an answer built that way never turns
DEPENDS into YES.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Tri(IntEnum):
    NO = 0
    DEPENDS = 1
    YES = 2

    def __invert__(self) -> Tri:
        return _OPPOSITE[self]


_OPPOSITE = {Tri.NO: Tri.YES, Tri.DEPENDS: Tri.DEPENDS, Tri.YES: Tri.NO}


def tri(value: bool) -> Tri:
    return Tri.YES if value else Tri.NO


def every(answers: Iterable[Tri]) -> Tri:
    """The minimum of the answers, YES if there are none; stops at the first NO."""
    least = Tri.YES
    for answer in answers:
        if answer is Tri.NO:
            return answer
        if answer is Tri.DEPENDS:
            least = answer
    return least


def some(answers: Iterable[Tri]) -> Tri:
    """The maximum of the answers, NO if there are none; stops at the first YES."""
    greatest = Tri.NO
    for answer in answers:
        if answer is Tri.YES:
            return answer
        if answer is Tri.DEPENDS:
            greatest = answer
    return greatest
