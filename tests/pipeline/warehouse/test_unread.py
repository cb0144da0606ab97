"""What is not read, a whole extract or one record, makes what depends on it unknown, and changes nothing else."""

from __future__ import annotations

import random

import pytest

from pipeline.raw import ALWAYS_READ
from pipeline.warehouse import build
from tests import nights
from tests.conftest import Loopback
from tests.rejudged import CLASS, DATASETS, OPERATION, Key, Rejudged

pytestmark = pytest.mark.slow

MEMBERS = ("281653481575", "290972897018", "481162246466", "506150706042", "922119036185")
"""Accounts of the demo with most kinds of records, and few roles."""
SEEDS = {1: 0.003, 2: 0.003, 3: 0.01, 4: 0.02, 5: 0.05, 6: 0.1, 7: 0.25, 8: 0.5}
"""Share of the extracts that fail."""
RECORDS = 1
"""Records of each dataset that are unread, chosen by its name."""
FACTS = ("unknown", "manual")


@pytest.fixture(scope="module")
def night(loopback: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Rejudged:
    landed = nights.landed(loopback, tmp_path_factory)
    settings = loopback.settings(landed.home, exceptions_file=landed.register)
    return Rejudged(settings, nights.Night(landed.home, loopback.nights[nights.NIGHT - 1]), MEMBERS)


@pytest.mark.parametrize("seed", SEEDS)
def test_for_any_failing_extracts_the_cells_that_depend_are_unknown_and_the_others_as_they_were(
    night: Rejudged, seed: int
) -> None:
    chance = random.Random(seed)
    owed = [d for d in DATASETS.values() if d.operations and d.name not in ALWAYS_READ]  # without these, no night
    extracts = [(a, d.name) for d in owed for a in accounts(night, d.scope)]
    failed = chance.sample(extracts, max(1, round(len(extracts) * SEEDS[seed])))
    found = night.failing(failed)
    cells = dependent(night, failed)
    for key, (verdict, reason, _) in found.items():
        if key[:2] in cells:
            assert verdict == "unknown", key
        elif night.whole.get(key, ("", ""))[:2] != (verdict, reason):
            assert verdict == "unknown", (key, verdict, reason, night.whole.get(key))
    lost = [key for key in night.whole.keys() - found.keys() if key[:2] not in cells]
    assert [key for key in lost if not is_unknown_now(key, found)] == []
    named = [found[key][1] for key in found if found[key][2] == "unread"]
    assert named
    assert all(f"{OPERATION} failed ({CLASS})" in reason for reason in named)


NAMED = sorted(d.name for d in DATASETS.values() if d.scope != "organization" and d.named_by)
"""Datasets whose records can fail one by one; every second is tried before each release only."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.soak if place % 2 else ()) for place, name in enumerate(NAMED)]
)
def test_a_record_that_cannot_be_read_gives_no_wrong_verdict(night: Rejudged, name: str) -> None:
    records = night.records(name)
    for record in random.Random(name).sample(records, min(RECORDS, len(records))):
        found = night.without(name, record)
        for key, (verdict, reason, _) in found.items():
            if verdict not in FACTS and night.whole.get(key, ("",))[0] != verdict:
                pytest.fail(f"{key} is {verdict} ({reason}), and was {night.whole.get(key)}, without {record}")
        lost = [key for key in night.whole.keys() - found.keys() if not is_unknown_now(key, found)]
        assert [key for key in lost if night.whole[key][0] not in (*FACTS, "not_applicable")] == []
        elsewhere = {key for key in found if key[1] != record["account_id"] and found[key] != night.whole.get(key)}
        assert {found[key][0] for key in elsewhere} <= {"unknown"}


def test_judged_control_by_control_a_night_says_the_same(night: Rejudged, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "PART_ROWS", 1)
    assert night.failing([]) == night.whole


def accounts(night: Rejudged, scope: str) -> tuple[str, ...]:
    return (night.management,) if scope == "organization" else night.accounts


def dependent(night: Rejudged, failed: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Control and account of every verdict that rests on a failed extract."""
    cells = set()
    for account_id, name in failed:
        owners = night.accounts if DATASETS[name].scope == "organization" else (account_id,)
        for control, dataset in night.needs():
            if dataset == name:
                of_management = night.of_management(control, name)
                cells |= {(control, a) for a in owners if not of_management or a == night.management}
    return cells


def is_unknown_now(key: Key, found: dict[Key, tuple[str, str, str]]) -> bool:
    """Whether the control says in the account that something is unknown: in place of a resource that nobody read."""
    return any(other[:2] == key[:2] and found[other][0] == "unknown" for other in found)
