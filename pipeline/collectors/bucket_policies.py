"""Bucket policies of the account's S3 buckets.

A bucket policy can deny access to its own account: that is a property of the bucket and is recorded in its row. If
no bucket could be read at all, the account's extract fails.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.collectors import Rows
from pipeline.collectors._values import document
from pipeline.collectors.buckets import BUCKETS
from pipeline.schema import Column, Dataset, Row, account_column

OPERATION = "s3:GetBucketPolicy"
ABSENT = ("NoSuchBucketPolicy", "NoSuchBucket")

POLICIES = Dataset(
    "bucket_policies",
    "The policy of each S3 bucket, or why it could not be read.",
    "account",
    (*BUCKETS.operations, OPERATION),
    (
        account_column(),
        Column("bucket", "varchar", "Name of the bucket", required=True),
        Column("document", "json", "The policy document; null where the bucket has none"),
        Column("error_class", "varchar", "Why this bucket's policy could not be read; null where it could"),
        Column("message", "varchar", "AWS's error message"),
    ),
    key=("account_id", "bucket"),
)

DATASETS = (POLICIES,)


def collect(account: Account) -> Rows:
    rows, failures = [], []
    for bucket in account.rows(BUCKETS.name):
        row: Row = {"account_id": account.account_id, "bucket": bucket["bucket"]}
        row |= {"document": None, "error_class": None, "message": None}
        try:
            answer = account.at(bucket["bucket_region"]).optional(OPERATION, *ABSENT, Bucket=bucket["bucket"])
        except CallFailed as failed:
            failures.append(failed)
            rows.append(row | {"error_class": failed.error_class, "message": failed.message})
        else:
            rows.append(row | {"document": document(answer["Policy"]) if answer else None})
    if failures and len(failures) == len(rows):
        raise failures[0]
    return {POLICIES.name: rows}
