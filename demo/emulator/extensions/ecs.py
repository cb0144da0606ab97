"""ECS: clusters, their services and hosts, and task definitions."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.estate_answers import one, paged, things
from demo.organization.estate import Thing

NAMES = ("nextToken", "nextToken", "maxResults")


def list_clusters(call: Call) -> dict[str, Any]:
    return paged(call, "clusterArns", [cluster["clusterArn"] for cluster in things(call, "clusters")], NAMES, 100)


def describe_clusters(call: Call) -> dict[str, Any]:
    return _described(call, "clusters", things(call, "clusters"), "clusterArn", "clusters", 100)


def list_services(call: Call) -> dict[str, Any]:
    return paged(call, "serviceArns", [service["serviceArn"] for service in _in_cluster(call, "services")], NAMES, 100)


def describe_services(call: Call) -> dict[str, Any]:
    return _described(call, "services", _in_cluster(call, "services"), "serviceArn", "services", 10)


def list_container_instances(call: Call) -> dict[str, Any]:
    arns = [host["containerInstanceArn"] for host in _in_cluster(call, "container instances")]
    return paged(call, "containerInstanceArns", arns, NAMES, 100)


def describe_container_instances(call: Call) -> dict[str, Any]:
    """The hosts, without their cluster, which the caller knows."""
    inside = _in_cluster(call, "container instances")
    hosts = [{name: value for name, value in host.items() if name != "clusterArn"} for host in inside]
    return _described(call, "containerInstances", hosts, "containerInstanceArn", "containerInstances", 100)


def describe_task_definition(call: Call) -> dict[str, Any]:
    arn = call.need("taskDefinition")
    return {"taskDefinition": one(call, "task definitions", "taskDefinitionArn", arn, "ClientException")}


def _in_cluster(call: Call, kind: str) -> list[Thing]:
    name_or_arn = call.need("cluster")
    cluster = next((c for c in things(call, "clusters") if name_or_arn in (c["clusterArn"], c["clusterName"])), None)
    if cluster is None:
        raise ApiError("ClusterNotFoundException", "Cluster not found.")
    return [thing for thing in things(call, kind) if thing["clusterArn"] == cluster["clusterArn"]]


def _described(call: Call, member: str, candidates: list[Thing], key: str, parameter: str, most: int) -> dict[str, Any]:
    """The requested items by ARN, and a failure for each that does not exist."""
    arns = call.need(parameter)
    if len(arns) > most:
        raise ApiError("InvalidParameterException", f"{parameter} cannot have more than {most} elements")
    by_arn = {thing[key]: thing for thing in candidates}
    failures = [{"arn": arn, "reason": "MISSING"} for arn in arns if arn not in by_arn]
    return {member: [by_arn[arn] for arn in arns if arn in by_arn], "failures": failures}
