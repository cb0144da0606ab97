"""Instance profiles, which pass a role to EC2 instances."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import ARN, Column, Dataset, account_column

PROFILES = Dataset(
    "instance_profiles",
    "Instance profiles and the roles in them.",
    "account",
    ("iam:ListInstanceProfiles",),
    (
        account_column(),
        Column(
            "instance_profile_name",
            "varchar",
            "Name of the instance profile",
            required=True,
            source="InstanceProfileName",
        ),
        Column("arn", "varchar", "ARN of the instance profile", required=True, pattern=ARN, source="Arn"),
        Column("path", "varchar", "Path of the instance profile, / by default", required=True, source="Path"),
        Column("created_at", "timestamp", "When it was created (UTC)", required=True, source="CreateDate"),
        Column(
            "role_names", "varchar[]", "Names of the roles in it: one at most", required=True, source="Roles[].RoleName"
        ),
    ),
    key=("account_id", "arn"),
)

DATASETS = (PROFILES,)

collect = listing(PROFILES, "InstanceProfiles")
