"""Collector `ecs_clusters`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import WHERE, rows_of, scripted


def describe(clusters: list[str]) -> dict[str, Any]:
    counts = {"activeServicesCount": 1, "runningTasksCount": 2, "registeredContainerInstancesCount": 3}
    return {"clusters": [{"clusterArn": arn, **counts} for arn in clusters]}


def test_clusters_are_described_a_hundred_at_a_time() -> None:
    arns = [f"arn:aws:ecs:x:1:cluster/{n}" for n in range(101)]
    account = scripted({"ecs:ListClusters": arns, "ecs:DescribeClusters": describe})
    rows = rows_of("ecs_clusters", account)
    assert [row["cluster_arn"] for row in rows] == arns
    counts = {"active_services": 1, "running_tasks": 2, "container_instances": 3}
    assert rows[0] == WHERE | {"cluster_arn": arns[0]} | counts
    assert account.operations() == ["ecs:ListClusters", "ecs:DescribeClusters", "ecs:DescribeClusters"]
