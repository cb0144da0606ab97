"""Search for the smallest sets of changes that change a verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from pipeline.explain.replay import Change, Outcome, Replay

MOST_TRIALS = 120
MOST_CHANGES = 4


@dataclass(frozen=True)
class Solution:
    """Changes that together change the verdict, and the new verdict."""

    changes: tuple[Change, ...]
    outcome: Outcome


def turns(before: Outcome, after: Outcome) -> bool:
    """Whether the verdict is different and conclusive."""
    return after.verdict not in (before.verdict, "unknown")


def smallest(replay: Replay, options: Callable[[Outcome], Iterable[Change]]) -> list[Solution]:
    """The smallest sets of changes that change the verdict, all of equal size; none if the trials run out.

    `options` returns, for an outcome, changes of which every solution must contain at least one, so that following them
    finds the smallest sets.
    """
    before, last = replay.judge(), replay.count + MOST_TRIALS
    level: list[frozenset[Change]] = [frozenset()]
    for _ in range(MOST_CHANGES):
        turned: dict[frozenset[Change], Outcome] = {}
        same: dict[frozenset[Change], None] = {}
        for chosen in level:
            for change in options(replay.judge(chosen)):
                wider = chosen | {change}
                if wider in same or wider in turned or len(wider) == len(chosen):
                    continue
                if replay.count >= last:
                    return _solutions(turned)
                outcome = replay.judge(wider)
                if turns(before, outcome):
                    turned[wider] = outcome
                elif outcome.verdict == before.verdict:
                    same[wider] = None
        if turned:
            return _solutions(turned)
        level = list(same)
    return []


def _solutions(turned: Mapping[frozenset[Change], Outcome]) -> list[Solution]:
    return [Solution(tuple(sorted(chosen, key=str)), outcome) for chosen, outcome in turned.items()]


def singles(replay: Replay, options: Iterable[Change]) -> list[Solution]:
    """The single changes that change the verdict."""
    before = replay.judge()
    tried = ((change, replay.judge([change])) for change in dict.fromkeys([*options][:MOST_TRIALS]))
    return [Solution((change,), outcome) for change, outcome in tried if turns(before, outcome)]
