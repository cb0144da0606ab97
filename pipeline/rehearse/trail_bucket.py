"""CloudTrail's files in a bucket: downloaded a page of the listing at a time, and deleted when that is grouped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from botocore.exceptions import BotoCoreError

from pipeline.aws.failures import CallFailed
from pipeline.aws.session import GLOBAL, Cloud
from pipeline.aws.visit import Visit
from pipeline.settings import Refused, Settings
from pipeline.text import on_one_line

SCHEME = "s3://"
PAGE = 200
"""Objects on disk at a time."""


def pages(settings: Settings, address: str) -> Iterator[tuple[Path, list[Path]]]:
    """(a folder, which stands for the bucket, and the files of a page in it), for all objects whose key begins as the
    address says. Raises `Refused`, in one sentence, for what S3 refuses.
    """
    bucket, _, prefix = address.removeprefix(SCHEME).partition("/")
    token: dict[str, Any] = {}
    try:
        with closing(Cloud(settings)) as cloud:
            visit = Visit(cloud, "")
            while True:
                asked = {"Bucket": bucket, "Prefix": prefix, "MaxKeys": PAGE, **token}
                page = visit.send("s3:ListObjectsV2", GLOBAL, asked, ("KeyCount",)) or {}
                keys = [row["Key"] for row in page.get("Contents", ()) if _is_file(row["Key"])]
                with TemporaryDirectory(prefix="rolecall-trail-") as folder:
                    yield Path(folder), [_download(visit, bucket, key, Path(folder)) for key in keys]
                new = {"ContinuationToken": page.get("NextContinuationToken")}
                if not page.get("IsTruncated"):
                    return
                if new in ({"ContinuationToken": None}, token):
                    raise Refused(f"--events {address}: there are more objects, but no new token to ask for them")
                token = new
    except CallFailed as failed:
        raise Refused(
            f"--events {address}: {failed.operation}: {on_one_line(failed.message)} ({failed.error_code})"
        ) from failed
    except BotoCoreError as error:
        raise Refused(f"--events {address}: {on_one_line(error)}") from error


def _is_file(key: str) -> bool:
    """Whether the key, as a path, is that of a file in the folder."""
    return not key.endswith("/") and not key.startswith("/") and ".." not in key.split("/")


def _download(visit: Visit, bucket: str, key: str, folder: Path) -> Path:
    file = folder / key
    file.parent.mkdir(parents=True, exist_ok=True)
    answer = visit.send("s3:GetObject", GLOBAL, {"Bucket": bucket, "Key": key}, ("Body",)) or {}
    with closing(answer["Body"]) as body, file.open("wb") as opened:
        shutil.copyfileobj(body, opened)
    return file
