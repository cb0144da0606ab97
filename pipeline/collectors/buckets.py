"""S3 buckets of the account."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import Column, Dataset, account_column

BUCKETS = Dataset(
    "buckets",
    "S3 general purpose buckets of the account.",
    "account",
    ("s3:ListBuckets",),
    (
        account_column(),
        Column("bucket", "varchar", "Name of the bucket", required=True, source="Name"),
        # Without a Region it is one of the oldest, which have no location constraint.
        Column("bucket_region", "varchar", "Region of the bucket", required=True, source="BucketRegion || 'us-east-1'"),
        Column("created_at", "timestamp", "When it was created (UTC)", source="CreationDate"),
    ),
    key=("account_id", "bucket"),
)

DATASETS = (BUCKETS,)

collect = listing(BUCKETS, "Buckets")
