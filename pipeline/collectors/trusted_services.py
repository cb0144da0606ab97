"""AWS services that may act in the accounts of the organization."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import Column, Dataset

SERVICES = Dataset(
    "trusted_services",
    "AWS services with trusted access to the organization.",
    "organization",
    ("organizations:ListAWSServiceAccessForOrganization",),
    (
        Column("service_principal", "varchar", "The service (access-analyzer.amazonaws.com)", required=True),
        Column("enabled_at", "timestamp", "Since when (UTC)"),
    ),
    key=("service_principal",),
)

DATASETS = (SERVICES,)


def collect(organization: Account) -> Rows:
    operation = "organizations:ListAWSServiceAccessForOrganization"
    rows = [
        {"service_principal": service["ServicePrincipal"], "enabled_at": utc(service.get("DateEnabled"))}
        for service in organization.pages(operation, "EnabledServicePrincipals")
    ]
    return {SERVICES.name: rows}
