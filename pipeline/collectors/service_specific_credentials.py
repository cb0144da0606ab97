"""Passwords and keys for a single service: CodeCommit, Amazon Keyspaces, Bedrock."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import Column, Dataset, account_column

CREDENTIALS = Dataset(
    "service_specific_credentials",
    "Service-specific credentials of IAM users.",
    "account",
    ("iam:ListServiceSpecificCredentials",),
    (
        account_column(),
        Column("user_name", "varchar", "Name of the user", required=True),
        Column("service_name", "varchar", "Service that they are for (codecommit.amazonaws.com)", required=True),
        Column("credential_id", "varchar", "Id of the credential", required=True),
        Column("status", "varchar", "Whether it works", required=True, values=("Active", "Inactive", "Expired")),
        Column("created_at", "timestamp", "When it was created (UTC)"),
        Column("expires_at", "timestamp", "When it expires (UTC); null for never"),
    ),
    key=("account_id", "credential_id"),
)

DATASETS = (CREDENTIALS,)


def collect(account: Account) -> Rows:
    found = account.pages("iam:ListServiceSpecificCredentials", "ServiceSpecificCredentials", AllUsers=True)
    rows = [
        {
            "account_id": account.account_id,
            "user_name": credential["UserName"],
            "service_name": credential["ServiceName"],
            "credential_id": credential["ServiceSpecificCredentialId"],
            "status": credential["Status"],
            "created_at": utc(credential.get("CreateDate")),
            "expires_at": utc(credential.get("ExpirationDate")),
        }
        for credential in found
    ]
    return {CREDENTIALS.name: rows}
