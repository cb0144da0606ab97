"""What earlier nights read is not asked again."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline import collectors, landing
from pipeline.aws.failures import CallFailed
from pipeline.collect import run
from pipeline.collect.memory import Groups, Memory
from pipeline.night import Night
from pipeline.quality.run import extracts_before
from pipeline.schema import EXTRACTS, LEDGER, Dataset
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
def test_a_second_night_asks_less_than_half_of_the_first_and_knows_as_much(
    aws: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On an organization that has not changed, counted at the server; held against the same night without memory."""
    monkeypatch.setattr("pipeline.collectors._jobs.FIRST_PAUSE_SECONDS", 0.01)
    first, second = aws.nights[0], aws.nights[0] + timedelta(days=1)
    nights = [Night(tmp_path / "a", first), Night(tmp_path / "a", second), Night(tmp_path / "b", second)]
    calls: list[Counter[str]] = []
    for night in nights:
        aws._ask("DELETE", "calls")
        collected(aws.settings(night.home, include_ous=["Security", "Workloads/NonProd", "Policy Staging"]), night)
        counted: Counter[str] = Counter()
        for (_, operation), count in aws.calls().items():
            counted[operation] += count
        calls.append(counted)
    assert all(calls[0][operation] > 10 for operation in BUDGETED)
    assert calls[1]["accessanalyzer:ValidatePolicy"] == 0
    assert sum(calls[1][o] for o in BUDGETED) * 5 <= sum(calls[0][o] for o in BUDGETED)
    assert calls[1].total() * 2 < calls[0].total()
    for dataset in collectors.datasets().values():
        if dataset not in (LEDGER, EXTRACTS):
            remembered, fresh = (landing.read(night, dataset).drop_columns(aged(dataset)) for night in nights[1:])
            assert sorted(map(str, remembered.to_pylist())) == sorted(map(str, fresh.to_pylist())), dataset.name


def aged(dataset: Dataset) -> list[str]:
    """The columns that say how old a row is."""
    return [column.name for column in dataset.columns if column.name in ("read_on", "validated_on")]


def test_rows_of_an_account_are_found_in_every_row_group(tmp_path: Path) -> None:
    """Of accounts in no order, in two files of several groups; an account in none has none."""
    aliases, night = collectors.datasets()["account_aliases"], Night(tmp_path, AS_OF)
    folder = night.landing_folder / aliases.name
    folder.mkdir(parents=True)
    ids = [f"{number * 7 % 40:012}" for number in range(40)]
    for half in range(2):
        rows = [{"account_id": account_id, "alias": f"{account_id}-{half}"} for account_id in ids]
        pq.write_table(aliases.table(rows), folder / f"{half}.parquet", row_group_size=6)
    groups = Groups(landing.files(night, aliases), ["account_id", "alias"])
    for account_id in (*ids, *reversed(ids)):
        assert [row["alias"] for row in groups.of(account_id)] == [f"{account_id}-0", f"{account_id}-1"]
    assert groups.of("9" * 12) == []
    with pytest.raises(KeyError, match="lacks new"):
        Groups(landing.files(night, aliases), ["account_id", "new"])
