"""Every operation under faults, once and for ever: healed, or unknown with the right class; never other rows.

The short form: each operation gets every third fault, beginning with another one, so that three neighbours in the list
(mostly of one service and protocol) meet all of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from pipeline.aws.failures import CallFailed
from pipeline.collect.memory import Memory
from pipeline.night import Night
from tests.conftest import Loopback, use
from tests.pipeline.aws.bench import HEALS, ON_THE_WIRE, Bench, BenchCloud, opened, operations, twice, without_lists

# Accounts of the demo organization that between them ask every operation that an account is asked.
MEMBERS = (
    "922119036185",
    "281653481575",
    "123959513473",
    "290972897018",
    "481162246466",
    "506150706042",
    "605921375910",
    "775795512213",
)
# Per thing, with a column in its row for why it could not be read: no failure of the extract.
SAYS_WHY_IN_ITS_ROW = {
    "rolesanywhere_trust_anchors": {"acm-pca:DescribeCertificateAuthority"},
    "accounts": {"organizations:ListTagsForResource", "organizations:ListAccountsForParent"},
    "policy_targets": {"organizations:ListTagsForResource", "organizations:ListAccountsForParent"},
    "organization_roots": {"organizations:ListTagsForResource"},
}
GENERATES = "iam:GenerateCredentialReport"
"""The report that is there is used where no other can be made."""
HALF_AN_ERROR = "cut, length right"
"""Of an answer that is an error, half is nothing that AWS says: not repeated, and `not_aws`."""
FOR_EVER = 10**9


@pytest.fixture(scope="module")
def bench(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        use(loopback, monkeypatch)
        monkeypatch.setattr(time, "sleep", lambda seconds: None)
        settings = loopback.settings(tmp_path_factory.mktemp("home"), max_attempts=3)
        memory = Memory(Night(settings.home, loopback.nights[0]))
        with closing(BenchCloud(settings, memory=memory)) as cloud:
            yield opened(cloud, MEMBERS)


@pytest.fixture(scope="module")
def clean(bench: Bench) -> dict[str, dict[str, Any]]:
    """For each operation, what rests on it without a fault."""
    found = {}
    for operation, account_id in bench.asked.items():
        reading, _ = bench.reading(account_id)
        found[operation] = dict(bench.rows(reading, operation))
    return found


def faulty(bench: Bench, operation: str, times: int, **fault: Any) -> tuple[dict[str, Any], Any]:
    """What rests on an operation when so many of its answers are damaged, and the visit."""
    reading, visit = bench.reading(bench.asked[operation], operation, times, **fault)
    return dict(bench.rows(reading, operation)), visit


def turn(operation: str, names: list[str]) -> list[str]:
    """The faults that an operation gets."""
    return names[operations().index(operation) % 3 :: 3]


def test_the_bench_asks_every_operation(bench: Bench) -> None:
    assert set(operations()) <= bench.asked.keys()


@pytest.mark.parametrize("operation", operations())
def test_a_fault_that_happens_once_is_healed(bench: Bench, clean: Any, operation: str) -> None:
    for name in turn(operation, sorted(HEALS)):
        if name == HALF_AN_ERROR and bench.says_no(operation):
            continue
        found, _ = faulty(bench, operation, 1, on_wire=ON_THE_WIRE[name][0])
        assert found == clean[operation], name


@pytest.mark.parametrize("operation", operations())
def test_a_fault_for_ever_is_unknown_with_its_class(bench: Bench, clean: Any, operation: str) -> None:
    for name in turn(operation, list(ON_THE_WIRE)):
        fault, error_class = ON_THE_WIRE[name]
        found, visit = faulty(bench, operation, FOR_EVER, on_wire=fault)
        classes = {call.error_class for call in visit.ledger() if call.operation == operation}
        if not error_class or not classes:  # nothing is wrong, or remembered by content and so not asked again
            assert found == clean[operation]
            continue
        error_classes: set[str | None] = {error_class}
        if name == HALF_AN_ERROR and bench.says_no(operation):
            assert classes <= {"not_aws", "truncated"}
            error_classes = classes
        assert classes == error_classes, name
        unread = {row["dataset"] for row in visit.unread}
        for dataset, rows in found.items():
            if operation in (*SAYS_WHY_IN_ITS_ROW.get(dataset, ()), GENERATES):
                continue
            if dataset in unread or rows == [] == clean[operation][dataset]:  # record by record, or nothing to ask
                continue
            assert isinstance(rows, CallFailed), (name, dataset)
            assert rows.operation == operation, (name, dataset)
            assert rows.error_class in error_classes, (name, dataset)


@pytest.mark.parametrize("operation", operations())
def test_an_answer_without_its_list_is_cut(bench: Bench, clean: Any, operation: str) -> None:
    once, _ = faulty(bench, operation, 1, of_world=without_lists)
    assert once == clean[operation]
    for dataset, rows in faulty(bench, operation, FOR_EVER, of_world=without_lists)[0].items():
        assert isinstance(rows, CallFailed) or rows == clean[operation][dataset], dataset


@pytest.mark.parametrize("operation", operations())
def test_what_stands_on_two_pages_is_one_record(bench: Bench, clean: Any, operation: str) -> None:
    found, _ = faulty(bench, operation, FOR_EVER, of_world=twice)
    assert found == clean[operation]
