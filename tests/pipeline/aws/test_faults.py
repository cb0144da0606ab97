"""Every operation under faults, once and for ever: healed, or unknown with the right class; never other rows.

The short form of `make faults`: each operation gets every sixth fault, beginning with another one, so that six
neighbours in the list (mostly of one service and protocol) meet all of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from pipeline.collect.memory import Memory
from pipeline.night import Night
from tests.conftest import ROOT, Loopback, use
from tests.pipeline.aws import outcomes
from tests.pipeline.aws.bench import HEALS, ON_THE_WIRE, Bench, BenchCloud, opened, operations, twice
from tests.steps import untraced

EVERY = 6
pytestmark = pytest.mark.usefixtures("uncounted")


@pytest.fixture(scope="module")
def bench(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        use(loopback, monkeypatch)
        monkeypatch.setattr(time, "sleep", lambda seconds: None)
        settings = loopback.settings(tmp_path_factory.mktemp("home"), max_attempts=3)
        memory = Memory(Night(settings.home, loopback.nights[0]))
        with closing(BenchCloud(settings, memory=memory)) as cloud:
            with untraced():
                ready = opened(cloud, outcomes.MEMBERS)
            yield ready


@pytest.fixture(scope="module")
def clean(bench: Bench) -> dict[str, dict[str, Any]]:
    """For each operation, what rests on it without a fault."""
    found = {}
    with untraced():
        for operation, account_id in bench.asked.items():
            reading, _ = bench.reading(account_id)
            found[operation] = dict(bench.rows(reading, operation))
    return found


def turn(operation: str, names: list[str]) -> list[str]:
    """The faults that an operation gets."""
    return names[operations().index(operation) % EVERY :: EVERY]


def test_the_bench_asks_every_operation(bench: Bench) -> None:
    assert set(operations()) <= bench.asked.keys()


@pytest.mark.parametrize("operation", operations())
def test_a_fault_that_happens_once_is_healed(bench: Bench, clean: Any, operation: str) -> None:
    wrong = {name: outcomes.once(bench, clean[operation], operation, name) for name in turn(operation, sorted(HEALS))}
    assert {name: why for name, why in wrong.items() if why} == {}


@pytest.mark.parametrize("operation", operations())
def test_a_fault_for_ever_is_unknown_with_its_class(bench: Bench, clean: Any, operation: str) -> None:
    names = turn(operation, list(ON_THE_WIRE))
    wrong = {name: outcomes.for_ever(bench, clean[operation], operation, name) for name in names}
    assert {name: why for name, why in wrong.items() if why} == {}


@pytest.mark.parametrize("operation", operations())
def test_an_answer_without_its_list_is_cut(bench: Bench, clean: Any, operation: str) -> None:
    assert outcomes.without_its_list(bench, clean[operation], operation) == ""


@pytest.mark.parametrize("operation", operations())
def test_what_stands_on_two_pages_is_one_record(bench: Bench, clean: Any, operation: str) -> None:
    found, _ = outcomes.faulty(bench, operation, outcomes.FOR_EVER, of_world=twice)
    assert found == clean[operation]


def test_the_page_has_every_operation_and_every_fault_and_nothing_wrong() -> None:
    """`make faults` writes it; this notices a collector or a fault that it was not run with."""
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert [operation for operation in operations() if f"| `{operation}` |" not in text] == []
    assert [name for name in ON_THE_WIRE if f". {name}" not in text] == []
    assert "Nights lost: 0. Wrong verdicts: 0." in text
