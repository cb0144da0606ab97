"""IAM Roles Anywhere profiles: the roles that a certificate can assume, and what limits their sessions."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import ARN, Column, Dataset, account_column

PROFILES = Dataset(
    "rolesanywhere_profiles",
    "Profiles of IAM Roles Anywhere.",
    "region",
    ("rolesanywhere:ListProfiles",),
    (
        account_column(),
        Column("region", "varchar", "Region of the profile", required=True),
        Column("arn", "varchar", "ARN of the profile", required=True, pattern=ARN, source="profileArn"),
        Column("name", "varchar", "Name of the profile", required=True, source="name"),
        Column("alias", "varchar", "Alias that the organization has given it; null for none", source="aliasName"),
        Column("is_enabled", "boolean", "Whether the profile is enabled", required=True, source="enabled"),
        Column(
            "has_session_policy",
            "boolean",
            "Whether an inline session policy limits its sessions",
            required=True,
            source="(sessionPolicy || '') != ''",
        ),
        Column(
            "managed_policy_arns",
            "varchar[]",
            "Managed policies that limit its sessions",
            required=True,
            source="sort(managedPolicyArns || `[]`)",
        ),
        Column(
            "duration_seconds",
            "bigint",
            "Session duration, in seconds; null for the default of one hour",
            source="durationSeconds",
        ),
        Column(
            "role_arns",
            "varchar[]",
            "Roles that can be assumed through it",
            required=True,
            source="sort(roleArns || `[]`)",
        ),
    ),
    key=("account_id", "region", "arn"),
)

DATASETS = (PROFILES,)

collect = listing(PROFILES, "profiles")
