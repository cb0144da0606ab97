"""The account's S3 buckets."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import Column, Dataset, account_column

OPERATION = "s3:ListBuckets"
HOME_OF_OLD = "us-east-1"

BUCKETS = Dataset(
    "buckets",
    "S3 buckets of the account.",
    "account",
    (OPERATION,),  # the action of an IAM policy is s3:ListAllMyBuckets
    (
        account_column(),
        Column("bucket", "varchar", "Name of the bucket", required=True),
        Column("bucket_region", "varchar", "Region of the bucket", required=True),
        Column("created_at", "timestamp", "When it was created (UTC)"),
    ),
    key=("account_id", "bucket"),
)

DATASETS = (BUCKETS,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "bucket": bucket["Name"],
            "bucket_region": bucket.get("BucketRegion") or HOME_OF_OLD,
            "created_at": utc(bucket.get("CreationDate")),
        }
        for bucket in account.pages(OPERATION, "Buckets")
    ]
    return {BUCKETS.name: rows}
