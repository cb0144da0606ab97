"""AWS services with trusted access to the organization."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import NAME, Column, Dataset

SERVICES = Dataset(
    "trusted_services",
    "AWS services with trusted access to the organization.",
    "organization",
    ("organizations:ListAWSServiceAccessForOrganization",),
    (
        Column(
            "service_principal",
            "varchar",
            "Service principal (access-analyzer.amazonaws.com)",
            required=True,
            pattern=NAME,
            source="ServicePrincipal",
        ),
        Column("enabled_at", "timestamp", "When trusted access was enabled (UTC)", source="DateEnabled"),
    ),
    key=("service_principal",),
)

DATASETS = (SERVICES,)

collect = listing(SERVICES, "EnabledServicePrincipals")
