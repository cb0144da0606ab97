"""The permissions boundaries of permission sets."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.organization_identity_center import INSTANCE
from pipeline.collectors.permission_sets import SETS
from pipeline.schema import ARN, Column, Dataset

OPERATION = "sso:GetPermissionsBoundaryForPermissionSet"

BOUNDARIES = Dataset(
    "permission_set_boundaries",
    "The permissions boundary of each permission set that has one.",
    "organization",
    (*SETS.operations, OPERATION),
    (
        Column(
            "permission_set_arn",
            "varchar",
            "ARN of the permission set",
            required=True,
            pattern=ARN,
            references="permission_sets.permission_set_arn",
        ),
        Column("policy_arn", "varchar", "ARN of the boundary, if it is an AWS managed policy", pattern=ARN),
        Column("policy_name", "varchar", "Name of the boundary, if it is a customer managed policy"),
        Column("policy_path", "varchar", "Path of that customer managed policy", needed_if="policy_name is not null"),
    ),
    key=("permission_set_arn",),
)

DATASETS = (BOUNDARIES,)


def collect(organization: Account) -> Rows:
    homes = {row["instance_arn"]: organization.at(row["home_region"]) for row in organization.rows(INSTANCE.name)}
    rows = []
    for permission_set in organization.rows(SETS.name):
        which = {
            "InstanceArn": permission_set["instance_arn"],
            "PermissionSetArn": permission_set["permission_set_arn"],
        }
        answer = homes[permission_set["instance_arn"]].optional(OPERATION, **which)
        boundary = (answer or {}).get("PermissionsBoundary") or {}
        reference = boundary.get("CustomerManagedPolicyReference") or {}
        if boundary:
            rows.append(
                {
                    "permission_set_arn": permission_set["permission_set_arn"],
                    "policy_arn": boundary.get("ManagedPolicyArn"),
                    "policy_name": reference.get("Name"),
                    "policy_path": (reference.get("Path") or "/") if reference else None,
                }
            )
    return {BOUNDARIES.name: rows}
