"""S3: an account's buckets and their policies."""

from __future__ import annotations

import json
from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.emulator.paging import BadToken, take
from demo.organization import oversight

HOME = "us-east-1"


def list_buckets(call: Call) -> dict[str, Any]:
    rows = [
        {"Name": name, "CreationDate": call.scene.ago(300, f"bucket|{name}"), "BucketRegion": HOME}
        for name in oversight.buckets(call.account)
    ]
    try:
        page, token = take(rows, call.get("ContinuationToken"), int(call.get("MaxBuckets", 10_000)), "buckets")
    except BadToken:
        raise ApiError("InvalidArgument", "The continuation token provided is incorrect") from None
    owner = {"ID": call.account.id.rjust(64, "0")}
    return {"Buckets": list(page), "Owner": owner} | ({"ContinuationToken": token} if token else {})


def get_bucket_policy(call: Call) -> dict[str, Any]:
    name, owned = call.need("Bucket"), oversight.buckets(call.account)
    if name not in owned:
        raise ApiError("NoSuchBucket", "The specified bucket does not exist", 404)
    if name == oversight.SEALED_BUCKET:
        raise ApiError("AccessDenied", "Access Denied", 403)
    if owned[name] is None:
        raise ApiError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    return {"Policy": json.dumps(owned[name])}
