"""What earlier nights read is not asked again."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import collectors, landing
from pipeline.aws.failures import CallFailed
from pipeline.collect import run
from pipeline.collect.memory import Memory
from pipeline.night import Night
from pipeline.quality.run import extracts_before
from pipeline.schema import EXTRACTS
from tests.conftest import Loopback
from tests.pipeline.collectors.support import (
    AS_OF,
    MEMBER,
)


def test_memory_is_of_the_last_night_on_which_the_extract_finished(aws: Loopback, tmp_path: Path) -> None:
    settings = aws.settings(tmp_path, include_ous=["Policy Staging"])
    first = Night(tmp_path, aws.nights[0])
    plan = collected(settings, first)
    (account_id,) = plan.shards[0]
    aws.faults({"account": account_id, "service": "s3", "kind": "deny"})
    collected(settings, first.on(first.as_of + timedelta(days=1)))
    datasets = collectors.datasets()
    memory = Memory(first.on(first.as_of + timedelta(days=2)))
    remembered = memory.rows(datasets["bucket_policies"], account_id, "global")
    assert [row["bucket"] for row in remembered] == ["halden-policy-staging-data"]
    assert remembered[0].keys() == {column.name for column in datasets["bucket_policies"].columns}
    counts = [memory.count(datasets["bucket_policies"], who, "global") for who in (account_id, "0" * 12)]
    assert counts == [1, 0]
    assert memory.rows(datasets["analyzers"], account_id, "us-east-1") == []
    assert memory.rows(datasets["bucket_policies"], "0" * 12, "global") == []
    assert Memory(first).rows(datasets["bucket_policies"], account_id, "global") == []


def test_a_damaged_night_before_is_none(tmp_path: Path) -> None:
    """Its accounts are read afresh, or from the night before it."""
    aliases = collectors.datasets()["account_aliases"]
    extract = dict.fromkeys(column.name for column in EXTRACTS.columns) | {"account_id": MEMBER, "region": "global"}
    extract |= {"dataset": aliases.name, "status": "ok"}
    nights = [Night(tmp_path, AS_OF + timedelta(days=day)) for day in range(3)]
    for rows, night in enumerate(nights[:2], start=1):
        night.landing_folder.mkdir(parents=True)
        landing.write(night, aliases, [{"account_id": MEMBER, "alias": f"{name}{night}"} for name in range(rows)])
        landing.write(night, EXTRACTS, [extract | {"rows": rows}])
    assert Memory(nights[2]).count(aliases, MEMBER, "global") == 2
    (file,) = (nights[1].landing_folder / EXTRACTS.name).glob("*.parquet")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    memory = Memory(nights[2])
    assert memory.count(aliases, MEMBER, "global") == 1
    assert [row["alias"] for row in memory.rows(aliases, MEMBER, "global")] == [f"0{nights[0]}"]
    assert extracts_before(nights[2]).to_pylist() == [extract | {"rows": 1}]


def test_what_is_made_once_a_worker_is_made_again_after_a_failure(tmp_path: Path) -> None:
    memory, tries = Memory(Night(tmp_path, AS_OF)), []

    def make() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise CallFailed("x:Y", "throttled", None, "slow down", "global")
        return len(tries)

    with pytest.raises(CallFailed):
        memory.once("key", make)
    assert [memory.once("key", make) for _ in range(3)] == [2, 2, 2]


def collected(settings: Any, night: Night) -> run.Plan:
    plan = run.plan(settings, night)
    for index in range(len(plan.shards)):
        run.collect_shard(settings, plan, index)
    run.commit(settings, plan)
    return plan


BUDGETED = (
    "accessanalyzer:ValidatePolicy",
    "accessanalyzer:GetFindingV2",
    "iam:GenerateServiceLastAccessedDetails",
    "iam:GetServiceLastAccessedDetails",
    "iam:GenerateOrganizationsAccessReport",
    "iam:GetOrganizationsAccessReport",
)


@pytest.mark.slow
def test_a_second_night_asks_a_fifth_of_the_first(
    aws: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On an organization that has not changed, counted at the server."""
    monkeypatch.setattr("pipeline.collectors._jobs.FIRST_PAUSE_SECONDS", 0.01)
    settings = aws.settings(tmp_path, include_ous=["Security", "Workloads/NonProd", "Policy Staging"])
    asked: list[Counter[str]] = []
    for day in range(2):
        aws._ask("DELETE", "calls")
        collected(settings, Night(tmp_path, aws.nights[0] + timedelta(days=day)))
        counted: Counter[str] = Counter()
        for (_, operation), count in aws.calls().items():
            counted[operation] += count
        asked.append(counted)
    first, second = asked
    assert all(first[operation] > 10 for operation in BUDGETED)
    assert second["accessanalyzer:ValidatePolicy"] == 0
    assert sum(second[o] for o in BUDGETED) * 5 <= sum(first[o] for o in BUDGETED)
