"""Centralized root access for member accounts: the features that the organization has enabled."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import Column, Dataset

FEATURES = Dataset(
    "organization_features",
    "Enabled features of IAM's centralized root access.",
    "organization",
    ("iam:ListOrganizationsFeatures",),
    (
        Column(
            "feature",
            "varchar",
            "RootCredentialsManagement (no root credentials in members) or RootSessions (privileged short sessions)",
            required=True,
            values=("RootCredentialsManagement", "RootSessions"),
        ),
    ),
    key=("feature",),
)

DATASETS = (FEATURES,)

# Trusted access for IAM never switched on, an organization that only shares billing, or none: no feature can be on.
NONE_ON = (
    "ServiceAccessNotEnabledException",
    "OrganizationNotInAllFeaturesModeException",
    "OrganizationNotFoundException",
)


def collect(organization: Account) -> Rows:
    answer = organization.optional("iam:ListOrganizationsFeatures", *NONE_ON)
    return {FEATURES.name: [{"feature": feature} for feature in sorted((answer or {}).get("EnabledFeatures", []))]}
