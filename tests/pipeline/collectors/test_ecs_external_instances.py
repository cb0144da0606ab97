"""Collector `ecs_external_instances`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import (
    DAY,
    PLAIN,
    collect,
    scripted,
)


def cluster(name: str, services: int = 0, hosts: int = 0) -> dict[str, Any]:
    return {"cluster_arn": f"arn:aws:ecs:x:1:cluster/{name}", "active_services": services, "container_instances": hosts}


def test_only_hosts_outside_aws_are_kept() -> None:
    hosts = [
        {"containerInstanceArn": "arn:h1", "ec2InstanceId": "i-1", "agentConnected": True},
        {"containerInstanceArn": "arn:h2", "ec2InstanceId": "mi-1", "agentConnected": False, "registeredAt": DAY},
        {"containerInstanceArn": "arn:h3", "agentConnected": True},
    ]
    answers = {
        "ecs:ListContainerInstances": {"containerInstanceArns": ["arn:h1", "arn:h2", "arn:h3"]},
        "ecs:DescribeContainerInstances": {"containerInstances": hosts},
    }
    account = scripted(answers, ecs_clusters=[cluster("a", hosts=3), cluster("b", services=1)])
    (row,) = collect("ecs_external_instances", account)["ecs_external_instances"]
    assert (row["instance_id"], row["is_agent_connected"], row["registered_at"]) == ("mi-1", False, PLAIN)
