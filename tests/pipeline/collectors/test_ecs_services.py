"""Collector `ecs_services`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from pipeline.aws.failures import CallFailed
from tests.pipeline.collectors.support import (
    collect,
    scripted,
)


def cluster(name: str, services: int = 0, hosts: int = 0) -> dict[str, Any]:
    return {"cluster_arn": f"arn:aws:ecs:x:1:cluster/{name}", "active_services": services, "container_instances": hosts}


def test_services_of_clusters_that_have_any_ten_at_a_time() -> None:
    def describe(cluster: str, services: list[str]) -> dict[str, Any]:
        return {"services": [{"serviceArn": arn, "taskDefinition": f"arn:{arn}"} for arn in services], "failures": []}

    answers = {"ecs:ListServices": {"serviceArns": [f"s{n}" for n in range(11)]}, "ecs:DescribeServices": describe}
    account = scripted(answers, ecs_clusters=[cluster("a", services=11), cluster("empty", hosts=3)])
    rows = collect("ecs_services", account)["ecs_services"]
    assert len(rows) == 11
    assert Counter(operation for operation, _ in account.asked) == {"ecs:ListServices": 1, "ecs:DescribeServices": 2}
    assert rows[0]["launch_type"] is None


@pytest.mark.parametrize(
    ("failures", "expected"),
    [
        ([{"arn": "s1", "reason": "MISSING"}], []),
        (
            [{"arn": "s1", "reason": "ACCESS_DENIED"}],
            [("ecs_services", "s1", "AWS did not describe it: ACCESS_DENIED")],
        ),
    ],
)
def test_a_service_that_is_not_described_is_gone_or_says_why(failures: Any, expected: Any) -> None:
    described = {"services": [{"serviceArn": "s0"}], "failures": failures}
    answers = {"ecs:ListServices": {"serviceArns": ["s0", "s1"]}, "ecs:DescribeServices": described}
    account = scripted(answers, ecs_clusters=[cluster("a", services=2)])
    assert [row["service_arn"] for row in collect("ecs_services", account)["ecs_services"]] == ["s0"]
    assert account.unread_records == expected


def test_a_service_of_which_nothing_is_said_was_cut_off() -> None:
    answers = {
        "ecs:ListServices": {"serviceArns": ["s0", "s1"]},
        "ecs:DescribeServices": {"services": [{"serviceArn": "s0"}]},
    }
    with pytest.raises(CallFailed, match="truncated: the answer says nothing of 1 of the 2 asked for, s1 among them"):
        collect("ecs_services", scripted(answers, ecs_clusters=[cluster("a", services=2)]))


@pytest.mark.parametrize(
    ("lists", "found"),
    [
        ([["s0", "s1"]], 2),
        ([["s0"], ["s0", "s1"]], 2),
        ([["s0"], ["s0"]], "it lists 1 of the 2 that DescribeClusters counts"),
        ([[], []], "it lists 0 of the 2 that DescribeClusters counts"),
        ([None], 0),
    ],
    ids=["whole", "the end came", "the end is lost", "nothing", "the cluster is gone"],
)
def test_services_are_as_many_as_the_cluster_counts(lists: list[list[str] | None], found: int | str) -> None:
    def listed(**request: Any) -> Any:
        arns = lists.pop(0)
        return [] if arns is None else {"serviceArns": arns}

    def describe(cluster: str, services: list[str]) -> dict[str, Any]:
        return {"services": [{"serviceArn": arn} for arn in services]}

    account = scripted(
        {"ecs:ListServices": listed, "ecs:DescribeServices": describe}, ecs_clusters=[cluster("a", services=2)]
    )
    if isinstance(found, str):
        with pytest.raises(CallFailed, match=found):
            collect("ecs_services", account)
    else:
        assert len(collect("ecs_services", account)["ecs_services"]) == found
    assert lists == []
