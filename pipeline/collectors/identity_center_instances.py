"""IAM Identity Center instances that an account owns or sees."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import ACCOUNT_ID, ARN, Column, Dataset, account_column

INSTANCES = Dataset(
    "identity_center_instances",
    "IAM Identity Center instances: the organization's, and instances of single accounts.",
    "region",
    ("sso:ListInstances",),
    (
        account_column(),
        Column("region", "varchar", "Region asked", required=True),
        Column("instance_arn", "varchar", "ARN of the instance", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the instance"),
        Column("owner_account_id", "varchar", "Account that owns the instance", required=True, pattern=ACCOUNT_ID),
        Column("identity_store_id", "varchar", "Id of its identity store", required=True),
        Column("status", "varchar", "Phase of its life", required=True),
        Column("created_at", "timestamp", "When it was created (UTC)"),
    ),
    key=("account_id", "region", "instance_arn"),
)

DATASETS = (INSTANCES,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "region": account.region,
            "instance_arn": instance["InstanceArn"],
            "name": instance.get("Name") or None,
            "owner_account_id": instance["OwnerAccountId"],
            "identity_store_id": instance["IdentityStoreId"],
            "status": instance["Status"],
            "created_at": utc(instance.get("CreatedDate")),
        }
        for instance in account.pages("sso:ListInstances", "Instances")
    ]
    return {INSTANCES.name: rows}
