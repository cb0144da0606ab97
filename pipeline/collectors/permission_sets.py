"""Permission sets of the organization instance of Identity Center."""

from __future__ import annotations

import re

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.collectors.organization_identity_center import INSTANCE
from pipeline.schema import ARN, Column, Dataset

PERIOD = re.compile(r"^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$")
# Where AWS returns no duration.
DEFAULT_PERIOD = "PT1H"

SETS = Dataset(
    "permission_sets",
    "Permission sets of the organization instance of Identity Center.",
    "organization",
    (*INSTANCE.operations, "sso:ListPermissionSets", "sso:DescribePermissionSet"),
    (
        Column("instance_arn", "varchar", "ARN of the instance", required=True, pattern=ARN),
        Column("permission_set_arn", "varchar", "ARN of the permission set", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the permission set", required=True),
        Column("description", "varchar", "Description"),
        Column("session_duration_seconds", "bigint", "Session duration, in seconds; null where it cannot be parsed"),
        Column("created_at", "timestamp", "When it was created (UTC)"),
    ),
    key=("permission_set_arn",),
)

DATASETS = (SETS,)


def collect(organization: Account) -> Rows:
    rows = []
    for instance in organization.rows(INSTANCE.name):
        home, which = organization.at(instance["home_region"]), {"InstanceArn": instance["instance_arn"]}
        for arn in home.pages("sso:ListPermissionSets", "PermissionSets", **which):
            answer = home.optional("sso:DescribePermissionSet", PermissionSetArn=arn, **which)
            if answer is None:
                continue
            described = answer["PermissionSet"]
            rows.append(
                {
                    "instance_arn": instance["instance_arn"],
                    "permission_set_arn": arn,
                    "name": described["Name"],
                    "description": described.get("Description") or None,
                    "session_duration_seconds": seconds(described.get("SessionDuration") or DEFAULT_PERIOD),
                    "created_at": utc(described.get("CreatedDate")),
                }
            )
    return {SETS.name: rows}


def seconds(period: str) -> int | None:
    """An ISO 8601 duration of days, hours, minutes and seconds; None for any other text."""
    match = PERIOD.match(period)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, rest = (int(part or 0) for part in match.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest
