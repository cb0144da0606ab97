"""Resource shares that the account owns in AWS RAM."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import ARN, Column, Dataset, account_column

SHARES = Dataset(
    "resource_shares",
    "AWS RAM resource shares that the account owns.",
    "region",
    ("ram:GetResourceShares",),
    (
        account_column(),
        Column("region", "varchar", "Region of the resource share", required=True),
        Column(
            "share_arn", "varchar", "ARN of the resource share", required=True, pattern=ARN, source="resourceShareArn"
        ),
        Column("name", "varchar", "Name of the resource share", source="name"),
        Column(
            "allows_external",
            "boolean",
            "Whether principals outside the organization can be added",
            required=True,
            source="allowExternalPrincipals || `false`",
        ),
        Column("status", "varchar", "Status of the resource share", required=True, source="status"),
        Column("created_at", "timestamp", "When it was created (UTC)", source="creationTime"),
        Column("updated_at", "timestamp", "When it last changed (UTC)", source="lastUpdatedTime"),
    ),
    key=("account_id", "region", "share_arn"),
)

DATASETS = (SHARES,)

collect = listing(SHARES, "resourceShares", resourceOwner="SELF")
