"""Buckets created by clients: moto's, with request checks of S3 that moto lacks."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from moto.core.request import Request

from demo.emulator.errors import ApiError
from demo.emulator.fallback import ask_moto
from demo.emulator.wire import Reply

CHECKSUM = "x-amz-checksum-sha256"


def ask_s3(request: Request, operation: str, account_id: str) -> Reply:
    """moto's answer, if the bucket has the expected owner and the body matches the given checksum.

    The organization's own buckets (extensions/s3.py) are not in moto: they have no objects.
    """
    expected = request.headers.get("x-amz-expected-bucket-owner")
    if expected and _owner(request.path.split("/")[1]) not in (expected, None):
        raise ApiError("AccessDenied", "Access Denied", 403)
    checksum = request.headers.get(CHECKSUM)
    if checksum:
        if checksum != b64encode(sha256(request.get_data()).digest()).decode():
            raise ApiError("BadDigest", "The SHA256 you specified did not match the calculated checksum.")
        # What moto keeps and answers the checksum for.
        request.environ["HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM"] = "SHA256"
    return ask_moto(request, "s3", operation, account_id)


def _owner(bucket: str) -> str | None:
    """The account that made a bucket."""
    from moto.s3.models import s3_backends  # as in fallback.py: late

    owner = s3_backends.bucket_accounts.get(bucket)
    return str(owner[1]) if owner else None
