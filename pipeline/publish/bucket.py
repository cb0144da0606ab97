"""Uploads the report of a night to an S3 bucket: never to a public one, and the index after all other pages.

A night is uploaded to `<prefix>/<as_of>/`, and the newest one also to `<prefix>/latest/`, where obsolete pages are
deleted last. So all links of an index that a reader opens work, even after a failed run.
"""

from __future__ import annotations

import gzip
import os
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from pipeline.aws.advice import advice
from pipeline.aws.failures import CallFailed
from pipeline.aws.permissions import actions
from pipeline.aws.session import GLOBAL, Answer, Cloud
from pipeline.aws.visit import Visit, sign_in
from pipeline.night import Night
from pipeline.progress import Progress, Silent
from pipeline.publish.folder import LATEST, NIGHTS, date_of, outdated, script_of
from pipeline.settings import Refused, Settings

INDEX, ASSETS = "index.html", "assets/"
MOST_THREADS, MOST_DELETED = 16, 1000
LEVEL = 6
PUBLIC_GROUPS = {f"http://acs.amazonaws.com/groups/global/{name}" for name in ("AllUsers", "AuthenticatedUsers")}
# Reports name what is wrong in accounts: no cache but the reader's own may keep them.
CACHE_LATEST, CACHE_NIGHT, CACHE_ASSETS = "private, no-cache", "private, max-age=300", "private, max-age=3600"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
UNKNOWN_TYPE = "application/octet-stream"
COMPRESSED = {".css", ".html", ".js", ".json", ".svg"}
"""Sent and kept as gzip, which browsers undo; CSV is for programs that may not."""
# What publishing asks of S3, as `_ask` names it.
OPERATIONS = tuple(
    f"s3:{name}"
    for name in (
        "DeleteObjects",
        "GetBucketAcl",
        "GetBucketPolicyStatus",
        "GetPublicAccessBlock",
        "ListObjectsV2",
        "PutObject",
    )
)
BLOCK = "nothing was published; turn on Block Public Access for it, or name another bucket"

STAGE = "bucket"


@dataclass(frozen=True)
class Delivered:
    """An uploaded night: its address, number and size of objects as S3 keeps them, and whether `latest/` shows it."""

    address: str
    objects: int
    bytes: int
    is_latest: bool


def publish(settings: Settings, night: Night, progress: Progress | None = None) -> Delivered:
    """Upload the report of a night from the home to the bucket in `publish_to`.

    `progress` receives the number of uploaded objects and the total. Raises `Refused` if there is no such report, the
    bucket is or may be public, or a request failed permanently; `latest/` is then unchanged, or has newer pages with
    the old index.
    """
    folder = night.report_folder
    files = site_files(folder)
    if INDEX not in files:
        raise Refused(f"{folder}: there is no report with an {INDEX} to publish")
    with closing(Cloud(settings)) as cloud:
        bucket = Bucket(cloud)
        bucket.check_private()
        is_latest = not any(other > night.as_of and bucket.has(f"{other}/{INDEX}") for other in bucket.dates())
        places = [str(night), *([LATEST] if is_latest else [])]
        done, total = count(1), len(files) * len(places)
        for place in places:
            size = bucket.upload(place, files, lambda: (progress or Silent()).step(STAGE, next(done), total))
        if is_latest:
            bucket.delete(bucket.names(f"{LATEST}/") - {f"{LATEST}/{name}" for name in files})
        for as_of in outdated(bucket.dates(), settings.keep_reports, night.as_of):
            bucket.delete(bucket.names(f"{as_of}/"))
        bucket.put_body(NIGHTS, script_of(bucket.dates()).encode(), CACHE_LATEST)
        return Delivered(bucket.address(str(night)), len(files), size, is_latest)


def site_files(folder: Path) -> dict[str, Path]:
    """The files of a site by relative path, without hidden files and links."""
    paths = {}
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(place, name) for name in sorted(names) if not name.startswith(".")):
            if path.is_file() and not path.is_symlink():
                paths[path.relative_to(folder).as_posix()] = path
    return paths


class Bucket:
    """The bucket and prefix in the settings; names are keys without the prefix. Raises `Refused`."""

    def __init__(self, cloud: Cloud) -> None:
        settings = cloud.settings
        self.cloud = cloud
        self.name, _, path = (settings.publish_to or "").removeprefix("s3://").partition("/")
        self.prefix = "".join(f"{part}/" for part in path.split("/") if part)
        self.owner = settings.publish_bucket_owner or own_account(cloud)
        self.encryption: dict[str, Any] = {"ServerSideEncryption": "AES256"}
        if key := settings.publish_kms_key:
            self.encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key, "BucketKeyEnabled": True}

    def address(self, name: str = "") -> str:
        return f"s3://{self.name}/{self.prefix}{name}"

    def check_private(self) -> None:
        """Raise `Refused` if the bucket is public, or if that cannot be determined.

        The account's Block Public Access settings are not read: a bucket protected only by them is refused.
        """
        block = self._about(
            "GetPublicAccessBlock", "PublicAccessBlockConfiguration", "NoSuchPublicAccessBlockConfiguration"
        )
        status = self._about("GetBucketPolicyStatus", "PolicyStatus", "NoSuchBucketPolicy")
        grants = self._about("GetBucketAcl", "Grants") or []
        public = []
        # None is of a bucket without a policy; an answer that does not say so is none of a private bucket.
        if (
            status is not None
            and status.get("IsPublic") is not False
            and not (block or {}).get("RestrictPublicBuckets")
        ):
            public.append("its policy")
        groups = {grant["Grantee"].get("URI") for grant in grants} & PUBLIC_GROUPS
        if groups and not (block or {}).get("IgnorePublicAcls"):
            public.append(f"its ACL ({' and '.join(sorted(group.rsplit('/', 1)[1] for group in groups))})")
        if public:
            raise Refused(f"{self.address()}: the bucket is public by {' and '.join(public)}: {BLOCK}")

    def _about(self, operation: str, member: str, *expected: str) -> Any:
        """A member of a response about the bucket; None for an `expected` error code."""
        answer = self._ask(operation, needs=(member,), expected=expected)
        return None if answer is None else answer[member]

    def dates(self) -> set[date]:
        """The dates of the nights that have objects."""
        prefixes = (p for page in self.listed("", Delimiter="/") for p in page.get("CommonPrefixes", ()))
        names = (prefix["Prefix"].removeprefix(self.prefix).rstrip("/") for prefix in prefixes)
        return {as_of for name in names if (as_of := date_of(name))}

    def names(self, start: str) -> set[str]:
        """The names of the objects with this prefix."""
        pages = self.listed(start)
        return {object["Key"].removeprefix(self.prefix) for page in pages for object in page.get("Contents", ())}

    def has(self, name: str) -> bool:
        return name in self.names(name)

    def upload(self, place: str, files: dict[str, Path], tell: Callable[[], None]) -> int:
        """Upload a site: everything except the index concurrently, then the index. Returns the bytes of its objects."""
        size = 0
        pool = ThreadPoolExecutor(min(MOST_THREADS, self.cloud.settings.concurrency))
        try:
            pages = [pool.submit(self.put, place, name, path) for name, path in files.items() if name != INDEX]
            for page in as_completed(pages):
                size += page.result()
                tell()
        finally:
            pool.shutdown(cancel_futures=True)
        size += self.put(place, INDEX, files[INDEX])
        tell()
        return size

    def put(self, place: str, name: str, path: Path) -> int:
        """Upload one object of a site. Returns its bytes."""
        cache = CACHE_LATEST if place == LATEST else CACHE_NIGHT
        return self.put_body(f"{place}/{name}", path.read_bytes(), CACHE_ASSETS if name.startswith(ASSETS) else cache)

    def put_body(self, name: str, body: bytes, cache: str) -> int:
        """Upload one object, text as gzip; S3 verifies its checksum. Returns its bytes."""
        coding = {}
        if Path(name).suffix.lower() in COMPRESSED:
            body, coding = gzip.compress(body, LEVEL, mtime=0), {"ContentEncoding": "gzip"}
        self._ask(
            "PutObject",
            name,
            needs=("ChecksumSHA256",),
            Key=self.prefix + name,
            Body=body,
            ChecksumSHA256=checksum(body),
            ContentType=TYPES.get(Path(name).suffix.lower(), UNKNOWN_TYPE),
            CacheControl=cache,
            **coding,
            **self.encryption,
        )
        return len(body)

    def delete(self, names: Iterable[str]) -> None:
        keys = [{"Key": self.prefix + name} for name in sorted(names)]
        for start in range(0, len(keys), MOST_DELETED):
            chosen = {"Objects": keys[start : start + MOST_DELETED]}
            answer = self._ask("DeleteObjects", needs=("Deleted", "Errors"), Delete=chosen) or {}
            for error in answer.get("Errors", ()):
                name, code = error["Key"].removeprefix(self.prefix), error.get("Code", "")
                raise self._refused(name, CallFailed("s3:DeleteObjects", "", code, error.get("Message", ""), GLOBAL))

    def listed(self, name: str, **params: Any) -> Iterator[Answer]:
        """Pages of the objects with this prefix."""
        more: dict[str, Any] = {"Prefix": self.prefix + name, **params}
        seen: set[str | None] = {None}
        while True:
            page = self._ask("ListObjectsV2", needs=("KeyCount",), **more) or {}
            yield page
            if not page.get("IsTruncated"):
                return
            token = page.get("NextContinuationToken")
            if token in seen:
                message = "there is more, but no new token to ask for it"
                raise self._refused(name, CallFailed("s3:ListObjectsV2", "truncated", None, message, GLOBAL))
            seen.add(token)
            more["ContinuationToken"] = token

    def _ask(
        self, operation: str, name: str = "", needs: Sequence[str] = (), expected: Sequence[str] = (), **params: Any
    ) -> Answer | None:
        """One request with its repeats; `name` is the object that it is about."""
        own = {"Bucket": self.name, "ExpectedBucketOwner": self.owner}
        try:
            return Visit(self.cloud, "").send(f"s3:{operation}", GLOBAL, own | params, needs, expected)
        except CallFailed as failed:
            raise self._refused(name, failed) from failed

    def _refused(self, name: str, failed: CallFailed) -> Refused:
        """One sentence on what failed where, and what to do about it."""
        message = f"{self.address(name)}: {failed.operation}: {failed.message.rstrip('.')} ({failed.error_code})"
        if failed.error_code == "NoSuchBucket":
            helps = "create the bucket, or correct publish_to"
        else:
            owner = f"account {self.owner} (publish_bucket_owner) owns the bucket"
            denied = f"allow {' and '.join(actions(failed.operation))} to these credentials"
            denied += f", and see whether {owner}"
            helps = (
                denied
                if failed.error_code == "AccessDenied"
                else advice(failed.operation, failed.error_class, "see what S3 says", denied)
            )
        return Refused(f"{message}; {helps}, then run `rolecall publish`")


def own_account(cloud: Cloud) -> str:
    """The account of these credentials, which owns the bucket unless the settings name another."""
    try:
        return sign_in(Visit(cloud, "")).account_id
    except CallFailed as failed:
        helps = advice(failed.operation, failed.error_class, "see what AWS says", "allow it to these credentials")
        raise Refused(f"{cloud.where}: {failed.operation}: {failed.message.rstrip('.')}; {helps}") from failed


def checksum(body: bytes) -> str:
    """SHA-256 in S3's format."""
    return b64encode(sha256(body).digest()).decode()
