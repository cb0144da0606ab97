"""AWS Control Tower controls enabled on organizational units and accounts, and their drift status.

Control Tower answers in the home Region of the landing zone: the run's own configuration must name that Region.
"""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import ARN, Column, Dataset

CONTROLS = Dataset(
    "enabled_controls",
    "Controls enabled by AWS Control Tower; no row where the organization does not use it.",
    "organization",
    ("controltower:ListEnabledControls",),
    (
        Column("arn", "varchar", "ARN of the enabled control", required=True, pattern=ARN, source="arn"),
        Column(
            "control_identifier",
            "varchar",
            "ARN of the control",
            required=True,
            pattern=ARN,
            source="controlIdentifier",
        ),
        Column(
            "target_identifier",
            "varchar",
            "ARN of the organizational unit or account that it is enabled on",
            required=True,
            pattern=ARN,
            source="targetIdentifier",
        ),
        Column(
            "status", "varchar", "Deployment status: SUCCEEDED, FAILED or UNDER_CHANGE", source="statusSummary.status"
        ),
        Column(
            "drift_status",
            "varchar",
            "Whether it still is as Control Tower deployed it; null where AWS does not say",
            values=("DRIFTED", "IN_SYNC", "NOT_CHECKING", "UNKNOWN"),
            source="driftStatusSummary.driftStatus",
        ),
    ),
    key=("arn",),
)

DATASETS = (CONTROLS,)

NO_LANDING_ZONE = ("ResourceNotFoundException",)

collect = listing(CONTROLS, "enabledControls", expected=NO_LANDING_ZONE)
