"""Instance profiles, through which roles reach EC2 instances."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import ARN, Column, Dataset, account_column

PROFILES = Dataset(
    "instance_profiles",
    "Instance profiles and the roles in them.",
    "account",
    ("iam:ListInstanceProfiles",),
    (
        account_column(),
        Column("instance_profile_name", "varchar", "Name of the instance profile", required=True),
        Column("arn", "varchar", "ARN of the instance profile", required=True, pattern=ARN),
        Column("path", "varchar", "Path of the instance profile, / for none", required=True),
        Column("created_at", "timestamp", "When it was created (UTC)", required=True),
        Column("role_names", "varchar[]", "Names of the roles in it: one or none", required=True),
    ),
    key=("account_id", "arn"),
)

DATASETS = (PROFILES,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "instance_profile_name": profile["InstanceProfileName"],
            "arn": profile["Arn"],
            "path": profile["Path"],
            "created_at": utc(profile["CreateDate"]),
            "role_names": [role["RoleName"] for role in profile["Roles"]],
        }
        for profile in account.pages("iam:ListInstanceProfiles", "InstanceProfiles")
    ]
    return {PROFILES.name: rows}
