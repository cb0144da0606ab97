"""The smallest sets of changes."""

from __future__ import annotations

from collections.abc import Collection
from types import SimpleNamespace
from typing import Any

from pipeline.explain.replay import Outcome
from pipeline.explain.search import MOST_TRIALS, singles, smallest, turns


def replay(turned_by: Collection[frozenset[str]]) -> Any:
    """A control that passes with any of these sets of changes."""
    seen = SimpleNamespace(count=0)

    def judge(changes: Collection[str] = ()) -> Outcome:
        seen.count += 1
        return Outcome("pass" if any(needed <= set(changes) for needed in turned_by) else "fail")

    seen.judge = judge
    return seen


def solutions(turned_by: Collection[frozenset[str]], *options: Any) -> list[tuple[Any, ...]]:
    return [one.changes for one in smallest(replay(turned_by), lambda now: options)]


def test_the_smallest_sets_are_found_and_no_larger_ones() -> None:
    assert solutions([frozenset("ab"), frozenset("cde")], *"abcde") == [("a", "b")]
    assert solutions([frozenset("a"), frozenset("b")], *"abc") == [("a",), ("b",)]
    assert solutions([], *"abc") == []


def test_the_search_ends_where_the_trials_run_out() -> None:
    tried = replay([])
    assert smallest(tried, lambda now: [f"change {number}" for number in range(500)]) == []  # type: ignore[misc]
    assert tried.count <= MOST_TRIALS + 3


def test_changes_that_turn_it_alone() -> None:
    options: Any = "abc"
    found: list[Any] = list(singles(replay([frozenset("b")]), options))
    assert [(one.changes, one.outcome.verdict) for one in found] == [(("b",), "pass")]


def test_unknown_is_no_turn() -> None:
    assert not turns(Outcome("fail"), Outcome("unknown"))
    assert not turns(Outcome("fail"), Outcome("fail", "another reason"))
    assert turns(Outcome("fail"), Outcome("gone"))
