"""SAML identity providers in IAM."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import ARN, NAME, Column, Dataset, account_column

PROVIDERS = Dataset(
    "saml_providers",
    "SAML identity providers.",
    "account",
    ("iam:ListSAMLProviders",),
    (
        account_column(),
        Column("arn", "varchar", "ARN of the provider", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the provider", required=True, pattern=NAME),
        Column("created_at", "timestamp", "When it was created (UTC)"),
        Column("valid_until", "timestamp", "When its metadata expires (UTC)", is_to_come=True),
    ),
    key=("account_id", "arn"),
)

DATASETS = (PROVIDERS,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "arn": provider["Arn"],
            "name": provider["Arn"].partition("/")[2],
            "created_at": utc(provider.get("CreateDate")),
            "valid_until": utc(provider.get("ValidUntil")),
        }
        for provider in account.pages("iam:ListSAMLProviders", "SAMLProviderList")
    ]
    return {PROVIDERS.name: rows}
