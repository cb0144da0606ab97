"""IAM Identity Center instances that an account owns or can see.

An account that sees none but the organization's is asked once in seven nights, one with its own every night.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors._listing import WHOLE, Remembered, listing
from pipeline.collectors._turns import stays
from pipeline.schema import ACCOUNT_ID, ARN, Column, Dataset, account_column

INSTANCES = Dataset(
    "identity_center_instances",
    "IAM Identity Center instances: the organization instance, and account instances.",
    "region",
    ("sso:ListInstances",),
    (
        account_column(),
        Column("region", "varchar", "Region in which it was listed", required=True),
        Column("instance_arn", "varchar", "ARN of the instance", required=True, pattern=ARN, source="InstanceArn"),
        Column("name", "varchar", "Name of the instance", source="Name || `null`"),
        Column(
            "owner_account_id",
            "varchar",
            "Account that owns the instance",
            required=True,
            pattern=ACCOUNT_ID,
            source="OwnerAccountId",
        ),
        Column("identity_store_id", "varchar", "Id of its identity store", required=True, source="IdentityStoreId"),
        Column("status", "varchar", "Status of the instance", required=True, source="Status"),
        Column("created_at", "timestamp", "When it was created (UTC)", source="CreatedDate"),
    ),
    key=("account_id", "region", "instance_arn"),
)

DATASETS = (INSTANCES,)


def _of_others(account: Account) -> Remembered:
    kept = account.of_last_night(INSTANCES)
    if not kept or any(row["owner_account_id"] == account.account_id for row in kept):
        return {}
    return {WHOLE: kept} if stays(account, INSTANCES, f"{account.account_id} {account.region}") else {}


collect = listing(INSTANCES, "Instances", remembered=_of_others)
