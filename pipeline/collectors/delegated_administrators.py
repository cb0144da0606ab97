"""Delegated administrators: member accounts that administer an AWS service for the organization."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import NAME, Column, Dataset, account_column

ADMINISTRATORS = Dataset(
    "delegated_administrators",
    "Delegated administrators: a row for each account and service.",
    "organization",
    ("organizations:ListDelegatedAdministrators", "organizations:ListDelegatedServicesForAccount"),
    (
        account_column(references="accounts.account_id"),
        Column(
            "service_principal",
            "varchar",
            "Service principal of the service that it administers (sso.amazonaws.com)",
            required=True,
            pattern=NAME,
        ),
        Column("delegated_at", "timestamp", "When it became delegated administrator (UTC)"),
    ),
    key=("account_id", "service_principal"),
)

DATASETS = (ADMINISTRATORS,)


def collect(organization: Account) -> Rows:
    operation = "organizations:ListDelegatedServicesForAccount"
    account_ids = {account["account_id"] for account in organization.rows("accounts")}
    rows = [
        {
            "account_id": account["Id"],
            "service_principal": service["ServicePrincipal"],
            "delegated_at": utc(service.get("DelegationEnabledDate")),
        }
        for account in organization.pages("organizations:ListDelegatedAdministrators", "DelegatedAdministrators")
        # An account that joined since the accounts were listed is left for the next night.
        if account["Id"] in account_ids
        for service in organization.pages(operation, "DelegatedServices", may_be_gone=True, AccountId=account["Id"])
    ]
    return {ADMINISTRATORS.name: rows}
