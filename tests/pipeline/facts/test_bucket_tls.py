"""Whether requests without TLS to a bucket are denied."""

from __future__ import annotations

import pytest

from pipeline.facts import bucket_tls
from pipeline.schema import Row
from tests.pipeline.facts.support import ONE, document

BOTH = ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]
PLAIN = {"Bool": {"aws:SecureTransport": "false"}}


def refusing(**more: object) -> str:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": BOTH, "Condition": PLAIN}
    return document(deny | more)


def row(text: str | None, rcp: str | None = None, is_enabled: bool = True) -> Row:
    levels = [[{"name": "perimeter", "sha256": "d"}]] if rcp else None
    bucket = {"account_id": ONE, "partition": "aws", "bucket": "b", "document": text, "levels": levels}
    found: dict[str, list[Row]] = {
        "buckets": [bucket],
        "documents": [{"document_sha256": "d", "document": rcp}] if rcp else [],
        "enabled": [{"root_id": "r-root"}] if is_enabled else [],
    }
    (only,) = bucket_tls.TABLE.table(bucket_tls.rows(found)).to_pylist()
    return dict(only)


@pytest.mark.parametrize(
    ("text", "denies"),
    [
        (refusing(), "yes"),
        (refusing(Action=["s3:GetObject", "s3:PutObject"]), "no"),
        (refusing(Resource="arn:aws:s3:::b/*"), "no"),
        (refusing(Principal={"AWS": ONE}), "yes"),  # and nothing lets a stranger in
        (refusing(Condition=PLAIN | {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), "depends"),
        (refusing(Condition={"Bool": {"aws:SecureTransport": "true"}}), "no"),
        (refusing(Effect="Allow"), "no"),
        ("{", "depends"),
        (None, "no"),
    ],
)
def test_by_the_policy_of_the_bucket(text: str | None, denies: str) -> None:
    found = row(text)
    assert (found["policy_denies"], found["rcps_deny"]) == (denies, "no")
    assert (found["account_id"], found["bucket"]) == (ONE, "b")


def test_a_stranger_who_is_let_in_must_be_refused_too() -> None:
    everyone = {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": BOTH}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": BOTH, "Condition": PLAIN}
    assert row(document(everyone, deny))["policy_denies"] == "yes"
    assert row(document(everyone, deny | {"Principal": {"AWS": ONE}}))["policy_denies"] == "no"


RCP = refusing(Resource="*")


@pytest.mark.parametrize(
    ("text", "is_enabled", "answers"),
    [
        (None, True, ("no", "yes")),
        (None, False, ("no", "no")),
        (refusing(), True, ("yes", "yes")),
        ("{", True, ("depends", "yes")),
    ],
)
def test_by_the_rcps_of_the_account(text: str | None, is_enabled: bool, answers: tuple[str, str]) -> None:
    found = row(text, RCP, is_enabled)
    assert (found["policy_denies"], found["rcps_deny"]) == answers


def test_the_reason_is_that_of_the_stronger() -> None:
    assert "perimeter" in row(None, RCP)["reason"]
    assert "perimeter" in row(refusing(), RCP)["reason"]
    assert "of the bucket" in row(refusing())["reason"]
    assert row("{")["reason"] == "document, document: expected JSON text"
    assert row(None)["reason"] == ""
    weak = refusing(Resource="*", Condition=PLAIN | {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    assert row(None, weak)["rcps_deny"] == "depends"
    assert row(None, weak)["reason"] == "the request decides about that no Deny applies"
    assert "of the bucket" in row(refusing(), weak)["reason"]
    own = row(refusing(Action="s3:GetObject"), weak)
    assert (own["policy_denies"], own["rcps_deny"]) == ("no", "depends")
    assert own["reason"] == row(refusing(Action="s3:GetObject"))["reason"]
