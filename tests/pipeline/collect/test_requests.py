"""What collectors ask of AWS, held against what they declare: recorded on a night of some accounts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline import collectors
from pipeline.collect import run
from pipeline.knowledge.omissions import left_out
from pipeline.night import Night
from tests.conftest import Loopback, use
from tests.pipeline.collect.recorded import Recorder, record

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recorder(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    """The first night of two organizational units, whose accounts have something of nearly every service."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        use(loopback, monkeypatch)
        home = tmp_path_factory.mktemp("home")
        settings = loopback.settings(home, include_ous=["Security", "Workloads/NonProd"])
        recorded = record(monkeypatch)
        plan = run.plan(settings, Night(home, loopback.nights[0]))
        for index in range(len(plan.shards)):
            run.collect_shard(settings, plan, index)
        yield recorded


def test_collectors_call_the_operations_that_they_declare_and_no_other(recorder: Recorder) -> None:
    """Else the reader role lacks an action, and a dataset counts though one of its calls failed."""
    declared = {c.name: {o for d in c.datasets for o in d.operations} for c in collectors.discover()}
    undeclared = {name: sorted(asked - declared[name]) for name, asked in recorder.operations.items()}
    assert {name: operations for name, operations in undeclared.items() if operations} == {}
    assert len(recorder.operations) > len(declared) / 2


def test_the_emulator_answers_nothing_that_aws_leaves_out(recorder: Recorder) -> None:
    """A member that only the emulator answers makes a collector right about the demo and wrong about AWS."""
    asked = set(recorder.members)
    assert {operation: recorder.members[operation] & never for operation, never in left_out().items()} == {
        operation: set() for operation in left_out()
    }
    assert len(asked & left_out().keys()) > 5, "what AWS leaves out is hardly asked for"


def test_nothing_is_asked_twice(recorder: Recorder) -> None:
    """The same operation with the same parameters, in an account and region; but for reports that are not finished."""
    assert recorder.asked_twice() == []


def test_lists_are_asked_for_in_the_largest_pages(recorder: Recorder) -> None:
    assert recorder.small_pages() == {}
