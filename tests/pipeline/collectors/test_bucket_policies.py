"""Collector `bucket_policies`."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.aws.failures import CallFailed
from tests.pipeline.collectors.support import (
    Remembering,
    collect,
    refuse,
)


def test_a_bucket_that_denies_is_a_row_and_an_account_that_denies_a_failure() -> None:
    buckets = {"buckets": [{"bucket": name, "bucket_region": "us-east-1"} for name in ("open", "sealed", "plain")]}

    def policy(Bucket: str) -> Any:
        return {"open": {"Policy": '{"Statement": []}'}, "plain": None}[Bucket] if Bucket != "sealed" else denied()

    denied = refuse("iam_deny")
    rows = collect("bucket_policies", Remembering({"s3:GetBucketPolicy": policy}, buckets))["bucket_policies"]
    assert [(row["bucket"], row["document"], row["error_class"]) for row in rows] == [
        ("open", '{"Statement":[]}', None),
        ("sealed", None, "iam_deny"),
        ("plain", None, None),
    ]
    with pytest.raises(CallFailed):
        collect("bucket_policies", Remembering({"s3:GetBucketPolicy": denied}, buckets))
