"""Three-valued answers. `Tri.DEPENDS` means: the request decides, and what is known about it does not say.

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
        return Tri(2 - self)


def tri(value: bool) -> Tri:
    return Tri.YES if value else Tri.NO


def every(answers: Iterable[Tri]) -> Tri:
    return min(answers, default=Tri.YES)


def some(answers: Iterable[Tri]) -> Tri:
    return max(answers, default=Tri.NO)
