"""SSM: hybrid activations, and the machines registered with them."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.estate_answers import paged, things

NAMES = ("NextToken", "NextToken", "MaxResults")


def describe_activations(call: Call) -> dict[str, Any]:
    return paged(call, "ActivationList", things(call, "activations"), NAMES, 50)


def describe_instance_information(call: Call) -> dict[str, Any]:
    """Of the filters, only ResourceType is emulated."""
    resource_types = [set(f["Values"]) for f in call.get("Filters", []) if f["Key"] == "ResourceType"]
    rows = [m for m in things(call, "managed instances") if all(m["ResourceType"] in kinds for kinds in resource_types)]
    return paged(call, "InstanceInformationList", rows, NAMES, 50)
