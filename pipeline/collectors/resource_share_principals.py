"""Principals that the account shares resources with through AWS RAM."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.resource_shares import SHARES
from pipeline.schema import ARN, Column, Dataset, account_column

OPERATION = "ram:ListPrincipals"

PRINCIPALS = Dataset(
    "resource_share_principals",
    "Principals of the resource shares that the account owns.",
    "region",
    (*SHARES.operations, OPERATION),
    (
        account_column(),
        Column("region", "varchar", "Region of the share", required=True),
        Column("share_arn", "varchar", "ARN of the share", required=True, pattern=ARN),
        Column(
            "principal",
            "varchar",
            "Account id, ARN of an organization, organizational unit, role or user, or a service",
            required=True,
        ),
    ),
    key=("account_id", "region", "share_arn", "principal"),
)

DATASETS = (PRINCIPALS,)


def collect(account: Account) -> Rows:
    # Most accounts share nothing, and need not be asked with whom.
    pairs = (
        {
            (association["resourceShareArn"], association["id"])
            for association in account.pages(OPERATION, "principals", resourceOwner="SELF")
        }
        if account.rows(SHARES.name)
        else set()
    )
    rows = [
        {"account_id": account.account_id, "region": account.region, "share_arn": share_arn, "principal": principal}
        for share_arn, principal in sorted(pairs)
    ]
    return {PRINCIPALS.name: rows}
