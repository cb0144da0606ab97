"""Control Tower: one landing zone whose controls sit on two units; a weakened guardrail shows as drift."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.extensions.organizations import unit_arn

CONTROLS = ("AWS-GR_CLOUDTRAIL_CHANGE_PROHIBITED", "AWS-GR_IAM_ROLE_CHANGE_PROHIBITED")


def list_landing_zones(call: Call) -> dict[str, Any]:
    _require_management(call)
    mark = call.scene.token("landing-zone", 16)
    return {"landingZones": [{"arn": f"arn:aws:controltower:us-east-1:{call.account.id}:landingzone/{mark}"}]}


def list_enabled_controls(call: Call) -> dict[str, Any]:
    _require_management(call)
    org = call.organization
    weakened = "StopLogging" not in org.policy("protect-trails").content
    rows = []
    for unit in (org.unit("Security"), org.unit("Workloads")):
        for control in CONTROLS:
            mark = call.scene.token(f"{unit.name}|{control}", 16)
            drifted = weakened and unit.name == "Workloads" and "CLOUDTRAIL" in control
            rows.append(
                {
                    "arn": f"arn:aws:controltower:us-east-1:{org.management_id}:enabledcontrol/{mark}",
                    "controlIdentifier": f"arn:aws:controltower:us-east-1::control/{control}",
                    "targetIdentifier": unit_arn(org, unit.id),
                    "statusSummary": {"status": "SUCCEEDED"},
                    "driftStatusSummary": {"driftStatus": "DRIFTED" if drifted else "IN_SYNC"},
                }
            )
    return {"enabledControls": rows}


def _require_management(call: Call) -> None:
    if not call.is_management:
        message = f"User: {call.session.arn} is not authorized to perform: controltower:{call.operation}"
        raise ApiError("AccessDeniedException", message, 403)
