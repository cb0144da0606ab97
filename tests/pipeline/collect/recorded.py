"""What each collector asks of AWS on a night: a recorder between the collectors and the wire."""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from pipeline import collectors
from pipeline.aws.account import Account
from pipeline.aws.failures import ASSUME_ROLE
from pipeline.aws.session import Paging
from pipeline.aws.visit import Visit
from pipeline.collectors import Collector, Rows

UNFINISHED = {"STARTED", "INPROGRESS", "IN_PROGRESS"}


@dataclass
class Question:
    """All requests of a reading for one operation, region and set of parameters; `page_size` is what it asks for."""

    operation: str
    page_size: int | None
    pages: int = 0
    items: int = 0
    first_pages: int = 0
    unfinished: int = 0
    """Times that AWS answered that a report is not finished: it has to be asked for again."""


@dataclass
class Recorder:
    """Filled from the moment of `record` on, by all threads."""

    operations: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By collector, what it asked itself: not what the collectors did whose rows it read."""
    questions: dict[tuple[Any, ...], Question] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By operation, the members that answers had, as paths: `Roles[].Tags`."""

    def asked_twice(self) -> list[str]:
        """Operations of which the same was asked again, though it had been answered."""
        return sorted({q.operation for q in self.questions.values() if q.first_pages > 1 + q.unfinished})

    def small_pages(self) -> Counter[str]:
        """Pages more than needed, by operation, for the items that came in pages of the size asked for."""
        more: Counter[str] = Counter()
        for q in self.questions.values():
            if q.page_size:
                more[q.operation] += max(0, q.pages - q.unfinished - max(1, -(-q.items // q.page_size)))
        return +more


def record(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Record what collectors ask, until the patch is undone."""
    recorder, lock, here = Recorder(), threading.Lock(), threading.local()
    found, send = collectors.discover(), Visit.send

    def named(collector: Collector) -> Callable[[Account], Rows]:
        def collect(account: Account) -> Rows:
            before, here.collector = getattr(here, "collector", None), collector.name
            try:
                return collector.collect(account)
            finally:
                here.collector = before

        return collect

    def sent(visit: Visit, operation: str, region: str, params: dict[str, Any], *more: Any, **others: Any) -> Any:
        collector = getattr(here, "collector", None)
        answer = send(visit, operation, region, params, *more, **others)
        if collector is not None and operation != ASSUME_ROLE:  # the session's own, on the first request
            with lock:
                recorder.operations[collector].add(operation)
                _note(recorder, visit, operation, region, params, answer)
        return answer

    wrapped = tuple(replace(collector, collect=named(collector)) for collector in found)
    monkeypatch.setattr(collectors, "discover", lambda: wrapped)
    monkeypatch.setattr(Visit, "send", sent)
    return recorder


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Every member of an answer, all the way down, but for documents and maps, whose keys are no members' names."""
    if isinstance(value, list):
        for below in value:
            yield from paths(below, f"{path}[]")
    elif isinstance(value, dict) and "Document" not in path:
        for name, below in value.items():
            yield (here := f"{path}.{name}" if path else name)
            yield from paths(below, here)


def _note(recorder: Recorder, visit: Visit, operation: str, region: str, params: dict[str, Any], answer: Any) -> None:
    paging: Paging | None = visit.cloud.paging(operation)
    limits = [params[name] for name in (paging.limit if paging else ()) if name in params]
    token = paging.input_token if paging else None
    asked = json.dumps({name: value for name, value in params.items() if name != token}, sort_keys=True, default=str)
    key = (visit, operation, region, asked)
    recorder.members[operation].update(paths(answer or {}))
    question = recorder.questions.setdefault(key, Question(operation, min(limits, default=None)))
    question.pages += 1
    question.first_pages += token not in params
    found = answer or {}
    question.items += sum(len(value) for value in found.values() if isinstance(value, list))
    question.unfinished += (found.get("State") or found.get("JobStatus")) in UNFINISHED
