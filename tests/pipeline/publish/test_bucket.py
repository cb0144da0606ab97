"""Reports in a bucket of the loopback S3: whole at any moment, verified, and never where everybody can read them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from pipeline.aws.session import Cloud
from pipeline.aws.transport import TimedSession
from pipeline.night import Night
from pipeline.progress import Silent
from pipeline.publish import bucket
from pipeline.publish.bucket import Bucket, Delivered
from pipeline.settings import Refused, Settings
from tests.conftest import Loopback, use
from tests.pipeline.aws.bench import ON_THE_WIRE, Wire

FIRST, NIGHT, NEXT = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21)
SITE = ("index.html", "a.html", "accounts/1.html", "assets/site.css", "assets/site.js", "findings.csv", "report.pdf")
PUBLIC = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"}]}
CLOSED = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
STRANGER = "999999999999"


@dataclass
class Place:
    """A home, and a bucket that this test made."""

    home: Path
    name: str
    s3: Any
    loopback: Loopback

    def settings(self, **more: Any) -> Settings:
        return self.loopback.settings(self.home, **{"publish_to": f"s3://{self.name}/site", **more})

    def write(self, as_of: date, *names: str) -> None:
        """A report in the home: each page says its night and its name."""
        for name in names or SITE:
            path = self.home / "reports" / as_of.isoformat() / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{as_of} {name}")

    def publish(self, as_of: date, **more: Any) -> Delivered:
        return bucket.publish(self.settings(**more), Night(self.home, as_of))

    def refused(self, as_of: date, **more: Any) -> str:
        """Why a night is refused, in a sentence; retries are few."""
        with pytest.raises(Refused) as caught:
            self.publish(as_of, **more)
        sentence = str(caught.value)
        assert "\n" not in sentence
        assert f"s3://{self.name}/site/" in sentence or "publish_to" in more
        return sentence

    def objects(self) -> dict[str, str]:
        """What is in the bucket: text by key."""
        keys = [found["Key"] for found in self.s3.list_objects_v2(Bucket=self.name).get("Contents", ())]
        found = {key: self.s3.get_object(Bucket=self.name, Key=key) for key in keys}
        bodies = {key: one["Body"].read() for key, one in found.items()}
        packed = {key for key, one in found.items() if one.get("ContentEncoding") == "gzip"}
        return {key: (gzip.decompress(body) if key in packed else body).decode() for key, body in bodies.items()}

    def shows(self, place: str, as_of: date, *names: str) -> bool:
        """Whether a place has exactly this site of this night."""
        found = {key: text for key, text in self.objects().items() if key.startswith(f"site/{place}/")}
        return found == {f"site/{place}/{name}": f"{as_of} {name}" for name in names or SITE}

    def puts(self) -> list[str]:
        """The keys that the server was sent, in order."""
        start = f"/{self.name}/"
        asked = self.loopback.requests("s3")
        return [path.removeprefix(start) for operation, path in asked if operation == "PutObject"]

    def fault(self, operation: str, kind: str, key: str = "*", **more: Any) -> dict[str, Any]:
        path = f"/{self.name}/{key}" if key != "*" else None
        return {"service": "s3", "operation": operation, "kind": kind, "path": path, **more}


@pytest.fixture(scope="module")
def s3(loopback: Loopback) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patched:
        use(loopback, patched)
        client = boto3.client("s3")
    with closing(client):
        yield client


@pytest.fixture
def place(aws: Loopback, s3: Any, tmp_path: Path) -> Place:
    found = Place(tmp_path, f"reports-{uuid4().hex[:12]}", s3, aws)
    s3.create_bucket(Bucket=found.name)
    found.write(NIGHT)
    return found


def test_pages_come_before_the_index_and_the_night_before_latest(place: Place) -> None:
    told: list[tuple[int, int]] = []

    class Heard(Silent):
        def step(self, stage: str, done: int, total: int) -> None:
            told.append((done, total))

    done = bucket.publish(place.settings(), Night(place.home, NIGHT), Heard())
    kept = place.s3.list_objects_v2(Bucket=place.name, Prefix="site/2026-11-20/")["Contents"]
    assert done == Delivered(f"s3://{place.name}/site/2026-11-20", 7, sum(one["Size"] for one in kept), True)
    assert told == [(n, 14) for n in range(1, 15)]
    puts = place.puts()
    assert len(puts) == 15
    assert {key.split("/")[1] for key in puts[:7]} == {"2026-11-20"}
    assert {key.split("/")[1] for key in puts[7:14]} == {"latest"}
    assert place.objects()["site/nights.js"] == 'window.nights = ["2026-11-20"];\n'
    assert (puts[6], puts[13]) == ("site/2026-11-20/index.html", "site/latest/index.html")
    assert place.shows("2026-11-20", NIGHT)
    assert place.shows("latest", NIGHT)


def test_objects_have_their_type_cache_encryption_and_checksum(place: Place) -> None:
    place.publish(NIGHT)
    seen = {}
    for name in ("2026-11-20/index.html", "latest/a.html", "latest/assets/site.css", "latest/report.pdf"):
        head = place.s3.head_object(Bucket=place.name, Key=f"site/{name}", ChecksumMode="ENABLED")
        text = f"{NIGHT} {name.split('/', 1)[1]}".encode()
        body = place.s3.get_object(Bucket=place.name, Key=f"site/{name}")["Body"].read()
        is_packed = head.get("ContentEncoding") == "gzip"
        assert is_packed is not name.endswith(".pdf")
        assert (gzip.decompress(body) if is_packed else body) == text
        assert head["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(body).digest()).decode()
        assert head["ServerSideEncryption"] == "AES256"
        seen[name] = (head["ContentType"], head["CacheControl"])
    assert seen == {
        "2026-11-20/index.html": ("text/html; charset=utf-8", "private, max-age=300"),
        "latest/a.html": ("text/html; charset=utf-8", "private, no-cache"),
        "latest/assets/site.css": ("text/css; charset=utf-8", "private, max-age=3600"),
        "latest/report.pdf": ("application/pdf", "private, no-cache"),
    }


def test_a_kms_key_encrypts(place: Place) -> None:
    place.publish(NIGHT, publish_kms_key="alias/reports")
    head = place.s3.head_object(Bucket=place.name, Key="site/latest/index.html")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", "alias/reports")


@pytest.mark.parametrize("to", ["s3://{name}", "s3://{name}/", "s3://{name}//a/b/"])
def test_prefixes(place: Place, to: str) -> None:
    place.publish(NIGHT, publish_to=to.format(name=place.name))
    prefix = "a/b/" if "a/b" in to else ""
    assert {f"{prefix}2026-11-20/index.html", f"{prefix}latest/index.html"} < place.objects().keys()


def make_public(place: Place, how: str) -> None:
    if how == "policy":
        place.s3.put_bucket_policy(Bucket=place.name, Policy=json.dumps(PUBLIC))
    else:
        place.s3.put_bucket_acl(Bucket=place.name, ACL=how)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("policy", "public by its policy"),
        ("public-read", r"public by its ACL \(AllUsers\)"),
        ("authenticated-read", r"public by its ACL \(AuthenticatedUsers\)"),
    ],
)
def test_a_public_bucket_is_refused_unless_it_is_blocked(place: Place, how: str, says: str) -> None:
    make_public(place, how)
    # What blocks only new policies and ACLs, or the other of the two, does not help.
    helps = "RestrictPublicBuckets" if how == "policy" else "IgnorePublicAcls"
    for block in (None, CLOSED | {helps: False}):
        if block:
            place.s3.put_public_access_block(Bucket=place.name, PublicAccessBlockConfiguration=block)
        with pytest.raises(Refused, match=f"{says}: nothing was published; turn on Block Public Access"):
            place.publish(NIGHT)
    assert place.puts() == []
    place.s3.put_public_access_block(Bucket=place.name, PublicAccessBlockConfiguration={helps: True})
    assert place.publish(NIGHT).is_latest


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ("GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
        ("GetBucketPolicyStatus", "s3:GetBucketPolicyStatus"),
        ("GetBucketAcl", "s3:GetBucketAcl"),
    ],
)
def test_what_cannot_be_read_is_refused(place: Place, operation: str, permission: str) -> None:
    place.loopback.faults(place.fault(operation, "deny"))
    sentence = place.refused(NIGHT)
    assert f"s3:{operation}: User: " in sentence
    assert f"allow {permission} to these credentials" in sentence
    assert place.puts() == []


def test_an_answer_that_is_cut_off_is_asked_for_again(place: Place) -> None:
    operations = ("GetPublicAccessBlock", "GetBucketPolicyStatus", "GetBucketAcl", "ListObjectsV2")
    make_public(place, "policy")
    place.s3.put_public_access_block(Bucket=place.name, PublicAccessBlockConfiguration=CLOSED)
    place.loopback.faults(*(place.fault(operation, "truncate", times=1) for operation in operations))
    assert place.publish(NIGHT).is_latest
    place.loopback.faults(place.fault("GetBucketAcl", "malformed"))
    assert "s3:GetBucketAcl" in place.refused(NIGHT)


def test_a_bucket_that_does_not_exist_is_refused(place: Place) -> None:
    sentence = place.refused(NIGHT, publish_to=f"s3://{place.name}-not")
    assert f"s3://{place.name}-not/: s3:GetPublicAccessBlock" in sentence
    assert "(NoSuchBucket); create the bucket, or correct publish_to" in sentence


def test_a_bucket_of_another_account_is_refused(place: Place) -> None:
    owner = boto3.client("sts").get_caller_identity()["Account"]
    sentence = place.refused(NIGHT, publish_bucket_owner=STRANGER)
    assert f"see whether account {STRANGER} (publish_bucket_owner) owns the bucket" in sentence
    assert place.objects() == {}
    assert place.publish(NIGHT, publish_bucket_owner=owner).is_latest


def test_the_owner_is_the_account_of_the_credentials_unless_another_is_named(place: Place) -> None:
    """The name of a deleted bucket may be a stranger's by now."""
    with closing(Cloud(place.settings())) as cloud:
        assert Bucket(cloud).owner == boto3.client("sts").get_caller_identity()["Account"]
    with closing(Cloud(place.settings(publish_bucket_owner=STRANGER))) as cloud:
        assert Bucket(cloud).owner == STRANGER


def test_the_owner_is_expected_by_every_request(place: Place) -> None:
    """None of them goes through where only its own check of the owner can stop it."""
    place.publish(NIGHT)
    with closing(Cloud(place.settings(publish_bucket_owner=STRANGER))) as cloud:
        stranger = Bucket(cloud)
        for ask in (
            lambda: stranger.put("latest", "index.html", place.home / "reports" / "2026-11-20" / "index.html"),
            lambda: stranger.delete(["latest/index.html"]),
            stranger.dates,
            stranger.check_private,
        ):
            with pytest.raises(Refused, match="publish_bucket_owner"):
                ask()


def test_an_older_night_does_not_touch_latest(place: Place) -> None:
    place.write(NEXT)
    place.publish(NEXT)
    place.loopback.reset()
    assert not place.publish(NIGHT).is_latest
    assert {key.split("/")[1] for key in place.puts()} == {"2026-11-20", "nights.js"}
    assert place.shows("latest", NEXT)


def test_a_newer_night_that_never_got_its_index_does_not_count(place: Place) -> None:
    place.s3.put_object(Bucket=place.name, Key="site/2026-11-21/a.html", Body=b"half")
    place.s3.put_object(Bucket=place.name, Key="site/2026-11-22/index.html.old", Body=b"not it")
    assert place.publish(NIGHT).is_latest


def test_a_fault_in_the_middle_of_latest_leaves_the_old_index_and_all_that_it_leads_to(place: Place) -> None:
    place.publish(NIGHT)
    new = (*(name for name in SITE if name != "a.html"), "b.html", "c.html")
    place.write(NEXT, *new)
    place.loopback.faults(place.fault("PutObject", "deny", "site/latest/b.html"))
    sentence = place.refused(NEXT)
    assert f"s3://{place.name}/site/latest/b.html: s3:PutObject: " in sentence
    assert "allow s3:PutObject to these credentials, and see whether account" in sentence
    assert sentence.endswith("owns the bucket, then run `rolecall publish`")
    objects = place.objects()
    assert objects["site/latest/index.html"] == f"{NIGHT} index.html"
    assert {f"site/latest/{name}" for name in SITE} < objects.keys()
    assert place.shows("2026-11-21", NEXT, *new)
    place.loopback.faults()
    place.publish(NEXT)
    assert place.shows("latest", NEXT, *new)


def test_a_night_that_fails_before_latest_leaves_latest_alone(place: Place) -> None:
    place.publish(NIGHT)
    place.write(NEXT)
    place.loopback.faults(place.fault("PutObject", "server_error", "site/2026-11-21/accounts/*"))
    assert "accounts/1.html: s3:PutObject: We encountered an internal error" in place.refused(NEXT)
    assert place.shows("latest", NIGHT)
    assert "site/2026-11-21/index.html" not in place.objects()


@pytest.mark.parametrize("kind", ["throttle", "server_error", "reset"])
def test_a_passing_fault_is_survived(place: Place, kind: str) -> None:
    place.loopback.faults(
        *(place.fault("PutObject", kind, f"site/latest/{name}", times=2) for name in ("a.html", "index.html")),
        place.fault("DeleteObjects", kind, times=1),
    )
    place.s3.put_object(Bucket=place.name, Key="site/latest/old.html", Body=b"old")
    place.publish(NIGHT)
    assert place.shows("latest", NIGHT)


def test_a_stalled_upload_is_sent_again(place: Place) -> None:
    place.loopback.faults(place.fault("PutObject", "stall", "site/latest/a.html", delay=2.5, times=1))
    place.publish(NIGHT, call_timeout_seconds=1)
    assert place.shows("latest", NIGHT)


def test_a_wrong_checksum_is_refused_by_the_server(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "checksum", lambda body: base64.b64encode(hashlib.sha256(b"").digest()).decode())
    assert "s3:PutObject: The SHA256 you specified did not match the calculated checksum (BadDigest)" in place.refused(
        NIGHT
    )
    assert place.objects() == {}


def test_only_the_newest_nights_are_kept(place: Place) -> None:
    others = ("2026-1-1/x", "20261101/x", "2026-11-31/x", "latest-2026/x", "readme.txt", "2026-11-18/deep/x")
    for key in ("site/" + other for other in others):
        place.s3.put_object(Bucket=place.name, Key=key, Body=b"x")
    place.s3.put_object(Bucket=place.name, Key="2026-11-01/index.html", Body=b"outside of the prefix")
    for as_of in (FIRST, NIGHT, NEXT):
        place.write(as_of)
        place.publish(as_of)
    assert place.s3.list_objects_v2(Bucket=place.name)["KeyCount"] == 28 + 7 + 1
    place.publish(NEXT, keep_reports=2)
    left = {key.split("/")[1] for key in place.objects() if key.startswith("site/")}
    assert left == {"2026-11-20", "2026-11-21", "latest", "nights.js", *(o.split("/")[0] for o in others[:-1])}
    assert "2026-11-01/index.html" in place.objects()
    assert place.shows("latest", NEXT)
    place.publish(FIRST, keep_reports=1)
    assert place.shows("2026-11-19", FIRST)
    assert not any(key.startswith("site/2026-11-20/") for key in place.objects())


def test_an_object_that_cannot_be_deleted_is_named(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.write(FIRST)
    place.publish(FIRST)
    kept = f"arn:aws:s3:::{place.name}/site/2026-11-19/accounts/1.html"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": kept}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    place.s3.put_bucket_policy(Bucket=place.name, Policy=policy)
    monkeypatch.setattr(bucket, "MOST_DELETED", 2)
    sentence = place.refused(NIGHT, keep_reports=1)
    assert "site/2026-11-19/accounts/1.html: s3:DeleteObjects: Access Denied (AccessDenied)" in sentence
    assert "allow s3:DeleteObject to these credentials" in sentence
    assert place.shows("latest", NIGHT)


def test_long_lists_are_read_to_their_end(place: Place) -> None:
    place.publish(NIGHT)
    with closing(Cloud(place.settings())) as cloud:
        pages = list(Bucket(cloud).listed("latest/", MaxKeys=3))
    assert [len(page["Contents"]) for page in pages] == [3, 3, 1]


def test_links_and_hidden_files_are_not_published(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("secret")
    folder = place.home / "reports" / "2026-11-20"
    (folder / "link.html").symlink_to(secret)
    (folder / "folder").symlink_to(secret.parent)
    (folder / ".hidden").write_text("hidden")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("hidden")
    assert place.publish(NIGHT).objects == len(SITE)
    assert place.shows("2026-11-20", NIGHT)


def test_a_night_without_a_report_is_refused_before_anything_is_asked(place: Place) -> None:
    place.write(NEXT, "a.html")
    place.loopback.reset()
    for as_of in (FIRST, NEXT):
        with pytest.raises(Refused, match=f"{as_of}: there is no report with an index.html"):
            place.publish(as_of)
    assert place.loopback.requests("s3") == []


def test_without_an_endpoint_of_its_own_it_is_https(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with closing(Cloud(place.settings())) as cloud:
        assert cloud.client("s3", cloud.home_region).meta.endpoint_url.startswith("https://s3.")


def test_the_loopback_holds_a_body_against_its_checksum(place: Place) -> None:
    right = base64.b64encode(hashlib.sha256(b"body").digest()).decode()
    asked = {"Bucket": place.name, "Key": "x", "ChecksumSHA256": right}
    assert place.s3.put_object(Body=b"body", **asked)["ChecksumSHA256"] == right
    with pytest.raises(ClientError, match="BadDigest"):
        place.s3.put_object(Body=b"other", **asked)
    assert place.objects() == {"x": "body"}


@pytest.mark.parametrize(
    ("operation", "asked", "how"),
    [
        ("GetPublicAccessBlock", "publicAccessBlock", "policy"),
        ("GetBucketPolicyStatus", "policyStatus", "policy"),
        ("GetBucketAcl", "acl", "public-read"),
    ],
)
def test_no_damaged_answer_makes_a_public_bucket_a_private_one(
    place: Place, operation: str, asked: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_public(place, how)
    send = TimedSession.send
    damage: list[Callable[[Wire], Wire]] = [fault for fault, _ in ON_THE_WIRE.values()]
    damage.append(lambda wire: wire.says(200, wire.body.replace(b"IsPublic>", b"Is>")))

    def damaged(session: TimedSession, request: Any) -> AWSResponse:
        response = send(session, request)
        if not request.url.endswith(f"?{asked}"):
            return response
        wire = damage[-1](Wire("rest-xml", response.status_code, dict(response.headers), response.content))
        answer = AWSResponse(request.url, wire.status, wire.headers, None)
        answer._content = wire.body
        return answer

    monkeypatch.setattr(TimedSession, "send", damaged)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with closing(Cloud(place.settings())) as cloud:
        while damage:
            with pytest.raises(Refused, match=f"s3:{operation}: |is public by its "):
                Bucket(cloud).check_private()
            damage.pop()
