"""Collector `buckets`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, rows_of, scripted


def test_a_bucket_without_a_region_is_of_us_east_1() -> None:
    found = [{"Name": "old", "CreationDate": DAY}, {"Name": "new", "BucketRegion": "eu-central-1"}]
    assert rows_of("buckets", scripted({"s3:ListBuckets": found})) == [
        {"account_id": MEMBER, "bucket": "old", "bucket_region": "us-east-1", "created_at": PLAIN},
        {"account_id": MEMBER, "bucket": "new", "bucket_region": "eu-central-1", "created_at": None},
    ]
