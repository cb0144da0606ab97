"""What the account shares through AWS RAM."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import ARN, Column, Dataset, account_column

OPERATION = "ram:GetResourceShares"

SHARES = Dataset(
    "resource_shares",
    "Resource shares that the account owns.",
    "region",
    (OPERATION,),
    (
        account_column(),
        Column("region", "varchar", "Region of the share", required=True),
        Column("share_arn", "varchar", "ARN of the share", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the share"),
        Column(
            "allows_external", "boolean", "Whether accounts outside the organization may be given it", required=True
        ),
        Column("status", "varchar", "Phase of its life", required=True),
        Column("created_at", "timestamp", "When it was created (UTC)"),
        Column("updated_at", "timestamp", "When it last changed (UTC)"),
    ),
    key=("account_id", "region", "share_arn"),
)

DATASETS = (SHARES,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "region": account.region,
            "share_arn": share["resourceShareArn"],
            "name": share.get("name"),
            "allows_external": share.get("allowExternalPrincipals", False),
            "status": share["status"],
            "created_at": utc(share.get("creationTime")),
            "updated_at": utc(share.get("lastUpdatedTime")),
        }
        for share in account.pages(OPERATION, "resourceShares", resourceOwner="SELF")
    ]
    return {SHARES.name: rows}
