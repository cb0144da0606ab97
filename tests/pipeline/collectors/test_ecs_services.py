"""Collector `ecs_services`."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.pipeline.collectors.support import (
    collect,
    scripted,
)


def cluster(name: str, services: int = 0, hosts: int = 0) -> dict[str, Any]:
    return {"cluster_arn": f"arn:aws:ecs:x:1:cluster/{name}", "active_services": services, "container_instances": hosts}


def test_services_of_clusters_that_have_any_ten_at_a_time() -> None:
    def describe(cluster: str, services: list[str]) -> list[dict[str, Any]]:
        return [{"serviceArn": arn, "taskDefinition": f"arn:{arn}"} for arn in services]

    answers = {"ecs:ListServices": [f"s{n}" for n in range(11)], "ecs:DescribeServices": describe}
    account = scripted(answers, ecs_clusters=[cluster("a", services=11), cluster("empty", hosts=3)])
    rows = collect("ecs_services", account)["ecs_services"]
    assert len(rows) == 11
    assert Counter(operation for operation, _ in account.asked) == {"ecs:ListServices": 1, "ecs:DescribeServices": 2}
    assert rows[0]["launch_type"] is None
