"""EKS: clusters, access entries and Pod Identity associations."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.estate_answers import one, paged, things
from demo.organization.estate import Thing

NAMES = ("nextToken", "nextToken", "maxResults")


def list_clusters(call: Call) -> dict[str, Any]:
    return paged(call, "clusters", [cluster["name"] for cluster in things(call, "eks clusters")], NAMES, 100)


def describe_cluster(call: Call) -> dict[str, Any]:
    return {"cluster": one(call, "eks clusters", "name", call.need("name"))}


def list_access_entries(call: Call) -> dict[str, Any]:
    arns = [entry["principalArn"] for entry in _in_cluster(call, "access entries")]
    return paged(call, "accessEntries", arns, NAMES, 100)


def describe_access_entry(call: Call) -> dict[str, Any]:
    principal_arn = call.need("principalArn")
    for entry in _in_cluster(call, "access entries"):
        if entry["principalArn"] == principal_arn:
            return {"accessEntry": entry}
    raise ApiError("ResourceNotFoundException", f"The specified principalArn {principal_arn} could not be found.", 404)


def list_pod_identity_associations(call: Call) -> dict[str, Any]:
    return paged(call, "associations", _in_cluster(call, "pod identities"), NAMES, 100)


def _in_cluster(call: Call, kind: str) -> list[Thing]:
    name = one(call, "eks clusters", "name", call.need("clusterName"))["name"]
    return [thing for thing in things(call, kind) if thing["clusterName"] == name]
