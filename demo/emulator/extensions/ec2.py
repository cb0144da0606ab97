"""EC2: instances, the defaults of their metadata service, and the regions."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.estate_answers import paged, things
from demo.emulator.extensions.account import REGIONS

NAMES = ("NextToken", "NextToken", "MaxResults")


def describe_instances(call: Call) -> dict[str, Any]:
    """A reservation for each instance; filters are not emulated."""
    rows = [
        {
            "ReservationId": instance["InstanceId"].replace("i-", "r-"),
            "OwnerId": call.account.id,
            "Instances": [instance],
        }
        for instance in things(call, "instances")
    ]
    return paged(call, "Reservations", rows, NAMES, 1000)


def describe_instance_attribute(call: Call) -> dict[str, Any]:
    """Its user data, whichever attribute is asked for."""
    instance_id = call.need("InstanceId")
    return next((thing for thing in things(call, "user data") if thing["InstanceId"] == instance_id), {})


def get_instance_metadata_defaults(call: Call) -> dict[str, Any]:
    return {"AccountLevel": next(iter(things(call, "metadata defaults")), {})}


def describe_regions(call: Call) -> dict[str, Any]:
    rows = [
        {"RegionName": region, "Endpoint": f"ec2.{region}.amazonaws.com", "OptInStatus": "opt-in-not-required"}
        for region in REGIONS.split(",")
    ]
    return {"Regions": rows}
