"""Controls that AWS Control Tower has enabled on organizational units and accounts, and whether they have drifted.

Control Tower answers in the home region of its landing zone: that must be the region of the run's own configuration.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import ARN, Column, Dataset

OPERATION = "controltower:ListEnabledControls"

CONTROLS = Dataset(
    "enabled_controls",
    "Controls enabled by AWS Control Tower; no row where the organization does not use it.",
    "organization",
    (OPERATION,),
    (
        Column("arn", "varchar", "ARN of the enabled control", required=True, pattern=ARN),
        Column("control_identifier", "varchar", "ARN of the control", required=True, pattern=ARN),
        Column("target_identifier", "varchar", "ARN of the unit or account that it is on", required=True, pattern=ARN),
        Column("status", "varchar", "How its deployment went: SUCCEEDED, FAILED or UNDER_CHANGE"),
        Column(
            "drift_status",
            "varchar",
            "Whether it is as Control Tower deployed it; null where AWS does not say",
            values=("DRIFTED", "IN_SYNC", "NOT_CHECKING", "UNKNOWN"),
        ),
    ),
    key=("arn",),
)

DATASETS = (CONTROLS,)

NO_LANDING_ZONE = ("ResourceNotFoundException",)


def collect(organization: Account) -> Rows:
    rows = [
        {
            "arn": one["arn"],
            "control_identifier": one["controlIdentifier"],
            "target_identifier": one["targetIdentifier"],
            "status": one.get("statusSummary", {}).get("status"),
            "drift_status": one.get("driftStatusSummary", {}).get("driftStatus"),
        }
        for one in organization.pages(OPERATION, "enabledControls", NO_LANDING_ZONE)
    ]
    return {CONTROLS.name: rows}
