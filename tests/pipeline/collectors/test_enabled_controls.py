"""Collector `enabled_controls`."""

from __future__ import annotations

from tests.pipeline.collectors.support import (
    ScriptedAccount,
    collect,
)


def test_controls_of_control_tower_say_whether_they_have_drifted() -> None:
    unit = "arn:aws:organizations::000000000001:ou/o-1/ou-1"
    control = {
        "arn": "arn:aws:controltower:us-east-1:000000000001:enabledcontrol/1",
        "controlIdentifier": "arn:aws:controltower:us-east-1::control/AWS-GR_CLOUDTRAIL_CHANGE_PROHIBITED",
        "targetIdentifier": unit,
    }
    told = {"statusSummary": {"status": "SUCCEEDED"}, "driftStatusSummary": {"driftStatus": "DRIFTED"}}
    listed = [control | told, control | {"arn": f"{control['arn']}2"}]
    rows = collect("enabled_controls", ScriptedAccount({"controltower:ListEnabledControls": listed}))
    assert [(r["target_identifier"], r["status"], r["drift_status"]) for r in rows["enabled_controls"]] == [
        (unit, "SUCCEEDED", "DRIFTED"),
        (unit, None, None),
    ]
