"""IAM Roles Anywhere's profiles: which roles a certificate gets, and how far their sessions are narrowed."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import ARN, Column, Dataset, account_column

OPERATION = "rolesanywhere:ListProfiles"

PROFILES = Dataset(
    "rolesanywhere_profiles",
    "Profiles of IAM Roles Anywhere.",
    "region",
    (OPERATION,),
    (
        account_column(),
        Column("region", "varchar", "Region of the profile", required=True),
        Column("arn", "varchar", "ARN of the profile", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the profile", required=True),
        Column("is_enabled", "boolean", "Whether it gives out sessions", required=True),
        Column("has_session_policy", "boolean", "Whether a session policy of its own narrows sessions", required=True),
        Column("managed_policy_arns", "varchar[]", "Managed policies that narrow sessions", required=True),
        Column("duration_seconds", "bigint", "How long sessions last; null for the default of an hour"),
        Column("role_arns", "varchar[]", "Roles that it gives out", required=True),
    ),
    key=("account_id", "region", "arn"),
)

DATASETS = (PROFILES,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "region": account.region,
            "arn": profile["profileArn"],
            "name": profile["name"],
            "is_enabled": profile["enabled"],
            "has_session_policy": bool(profile.get("sessionPolicy")),
            "managed_policy_arns": sorted(profile.get("managedPolicyArns") or []),
            "duration_seconds": profile.get("durationSeconds"),
            "role_arns": sorted(profile.get("roleArns") or []),
        }
        for profile in account.pages(OPERATION, "profiles")
    ]
    return {PROFILES.name: rows}
