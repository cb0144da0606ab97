"""The certificate revocation lists that IAM Roles Anywhere was given."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import ARN, Column, Dataset, account_column

OPERATION = "rolesanywhere:ListCrls"

CRLS = Dataset(
    "rolesanywhere_crls",
    "Imported revocation lists of IAM Roles Anywhere.",
    "region",
    (OPERATION,),
    (
        account_column(),
        Column("region", "varchar", "Region of the revocation list", required=True),
        Column("arn", "varchar", "ARN of the revocation list", required=True, pattern=ARN),
        Column("is_enabled", "boolean", "Whether it is heeded", required=True),
        Column("trust_anchor_arn", "varchar", "ARN of the trust anchor that it is for"),
    ),
    key=("account_id", "region", "arn"),
)

DATASETS = (CRLS,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "region": account.region,
            "arn": found["crlArn"],
            "is_enabled": found["enabled"],
            "trust_anchor_arn": found.get("trustAnchorArn"),
        }
        for found in account.pages(OPERATION, "crls")
    ]
    return {CRLS.name: rows}
