"""Events of CloudTrail: read from every form, and each group judged with what was recorded of it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import duckdb
import pytest

from pipeline.rehearse import edits, trail, trail_bucket
from pipeline.rehearse.answer import rehearse
from pipeline.rehearse.breaks import Breaks
from pipeline.rehearse.change import resolved
from pipeline.rehearse.requests import Recorded, recorded
from pipeline.rehearse.session import PERMISSIONS, opened
from pipeline.settings import Refused, Settings
from tests.conftest import Loopback
from tests.pipeline.rehearse.organization import OTHER, Row, arn, saved
from tests.sql.harness import AS_OF, MEMBER

BUILDER = arn("role", "builder")
NOON = datetime(AS_OF.year, AS_OF.month, AS_OF.day) - timedelta(hours=12)


def event(name: str, role: str = BUILDER, days: int = 0, **more: Any) -> Row:
    """A call of a role, as CloudTrail records it: `service:Event`, and what differs."""
    service, _, action = name.partition(":")
    account = role.split(":")[4]
    issuer = {"type": "Role", "arn": role, "accountId": account}
    session = {"sessionIssuer": issuer, "attributes": {"mfaAuthenticated": more.pop("mfa", "false")}}
    identity = {"type": "AssumedRole", "arn": f"{role.replace('iam', 'sts')}/s", "sessionContext": session}
    resources = [{"ARN": one} for one in more.pop("on", ())]
    return (
        {
            "eventTime": f"{NOON - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}",
            "eventSource": f"{service}.amazonaws.com",
            "eventName": action,
            "eventType": "AwsApiCall",
            "eventCategory": "Management",
            "awsRegion": "eu-west-1",
            "sourceIPAddress": "203.0.113.9",
            "recipientAccountId": account,
            "userIdentity": identity | more.pop("identity", {}),
            "requestParameters": {"any": ["thing"]},
        }
        | ({"resources": resources} if resources else {})
        | more
    )


def log_file(path: Path, *events: Row) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps({"Records": events}).encode(), mtime=0))
    return path


def judged(settings: Settings, folder: Path, denies: list[Row], events: list[Row], kind: Any = "scp") -> Recorded:
    """What the events say of an SCP (or another policy) at the root."""
    file = saved(folder, "rehearsed", *denies)
    log_file(folder / "trail" / "1.json.gz", *events)
    with opened(settings) as session:
        change = resolved(session.con, kind, [file], "root", [], [])
        session.apply(edits.of(session.con, change), PERMISSIONS)
        breaks = Breaks(session, change.target.accounts, 90, [file.read_text()])
        return recorded(session, breaks, change.target.accounts, folder / "trail", 90)


def deny(action: str, **condition: Any) -> Row:
    where = condition.pop("resource", "*")
    return {"Effect": "Deny", "Action": action, "Resource": where} | ({"Condition": condition} if condition else {})


TLS = {"tlsDetails": {"tlsVersion": "TLSv1.3"}}
BY_SERVICE = {
    "sourceIPAddress": "cloudformation.amazonaws.com",
    "identity": {"invokedBy": "cloudformation.amazonaws.com"},
}
CASES: dict[str, tuple[Row, Row, str | None]] = {
    "region": (deny("ec2:RunInstances", StringNotEquals={"aws:RequestedRegion": "eu-west-1"}), {}, None),
    "other region": (
        deny("ec2:StopInstances", StringNotEquals={"aws:RequestedRegion": "eu-west-1"}),
        {"awsRegion": "us-east-1"},
        "certain",
    ),
    "mfa": (deny("ec2:RebootInstances", BoolIfExists={"aws:MultiFactorAuthPresent": "false"}), {"mfa": "true"}, None),
    "no mfa": (deny("ec2:StartInstances", BoolIfExists={"aws:MultiFactorAuthPresent": "false"}), {}, "certain"),
    "address": (deny("ec2:CreateVpc", NotIpAddress={"aws:SourceIp": "203.0.113.0/24"}), {}, None),
    "other address": (
        deny("ec2:DeleteVpc", NotIpAddressIfExists={"aws:SourceIp": "203.0.113.0/24"}),
        {"sourceIPAddress": "198.51.100.7"},
        "certain",
    ),
    "service": (
        deny("ec2:CreateSubnet", NotIpAddressIfExists={"aws:SourceIp": "203.0.113.0/24"}),
        BY_SERVICE,
        "conditional",
    ),
    "endpoint": (
        deny("ec2:DeleteSubnet", StringNotEquals={"aws:SourceVpce": "vpce-1"}),
        {"sourceIPAddress": "10.0.0.1", "vpcEndpointId": "vpce-1"},
        None,
    ),
    "no endpoint": (deny("ec2:CreateVolume", StringNotEquals={"aws:SourceVpce": "vpce-1"}), {}, "certain"),
    "tls": (deny("ec2:DeleteVolume", Bool={"aws:SecureTransport": "false"}), TLS, None),
    "tls not said": (deny("ec2:AttachVolume", Bool={"aws:SecureTransport": "false"}), {}, "conditional"),
    "resource": (
        deny("s3:GetObject", resource="arn:aws:s3:::vault/*"),
        {"on": ["arn:aws:s3:::open", "arn:aws:s3:::open/a"], "eventCategory": "Data"},
        None,
    ),
    "resource denied": (
        deny("s3:PutObject", resource="arn:aws:s3:::vault/*"),
        {"on": ["arn:aws:s3:::vault", "arn:aws:s3:::vault/a"], "eventCategory": "Data"},
        "certain",
    ),
    "resource not said": (deny("s3:DeleteObject", resource="arn:aws:s3:::vault/*"), {}, "conditional"),
    "other name": (deny("s3:ListBucket"), {"event": "s3:HeadBucket"}, "certain"),
    "dated name": (deny("lambda:InvokeFunction"), {"event": "lambda:Invoke20150331"}, "certain"),
    "denied then": (deny("ec2:CreateTags"), {"errorCode": "Client.UnauthorizedOperation"}, None),
    "failed otherwise": (deny("ec2:DeleteTags"), {"errorCode": "Client.InvalidID"}, "certain"),
    "too long ago": (deny("ec2:CreateImage"), {"days": 91}, None),
    "denied already": (deny("iam:CreateUser"), {}, None),
    "no call": (deny("ec2:CopyImage"), {"eventType": "AwsServiceEvent"}, None),
}


def test_each_event_is_judged_with_its_context(settings: Settings, tmp_path: Path) -> None:
    told = {name: (case[0], dict(case[1])) for name, case in CASES.items()}
    events = [event(more.pop("event", denied["Action"]), **more) for denied, more in told.values()]
    found = judged(settings, tmp_path, [one[0] for one in CASES.values()], events * 2)
    by_action = {one.action: one for one in found.breaks}
    for name, (denied, _, expected) in CASES.items():
        one = by_action.get(denied["Action"])
        assert (one and one.certainty) == expected, name
        assert one is None or (one.events, one.basis, one.principal_arn) == (2, "event", BUILDER), name
    assert by_action["s3:PutObject"].resource == "arn:aws:s3:::vault/a"
    assert by_action["ec2:CreateSubnet"].depends_on == ("aws:SourceIp",)
    assert found.trail.denied == 2
    assert (found.trail.data, found.trail.files) == (4, 1)


def test_what_the_trail_does_not_tell_is_said(settings: Settings, tmp_path: Path) -> None:
    events = [
        event("ec2:RunInstances", days=5),
        event("ec2:NoSuchCall"),
        event("ec2:RunInstances", arn("role", "gone")),
    ]
    found = judged(settings, tmp_path, [deny("ec2:RunInstances"), deny("kms:*")], events)
    (one,) = found.breaks
    assert (one.principal_arn, one.action, one.last_used) == (BUILDER, "ec2:RunInstances", NOON - timedelta(days=5))
    first, data, accounts, unjudged = found.gaps
    assert first.startswith(f"The first event is of {NOON - timedelta(days=5):%Y-%m-%d}")
    assert "data events" in data
    assert OTHER in accounts
    assert MEMBER not in accounts
    assert unjudged == "1 event could not be judged: ec2:NoSuchCall"
    assert judged(settings, tmp_path, [deny("kms:*")], [event("ec2:RunInstances", days=400)]).gaps == (
        "No event of these days is in it",
    )


def test_events_decide_what_the_command_says(settings: Settings, tmp_path: Path) -> None:
    file = saved(tmp_path, "stay", deny("ec2:RunInstances", StringEquals={"aws:RequestedRegion": "us-east-1"}))
    log = log_file(tmp_path / "1.json.gz", event("ec2:RunInstances", awsRegion="us-east-1"))
    without, told = (rehearse(settings, "scp", [file], "root", events=one) for one in (None, log))
    assert (without.is_safe, without.trail) == (True, None)
    assert not told.is_safe
    assert [one.basis for one in told.certain] == ["event"]


# -- files


def lowered(value: Any) -> Any:
    if isinstance(value, list):
        return [lowered(one) for one in value]
    return {key.lower(): lowered(one) for key, one in value.items()} if isinstance(value, dict) else value


def as_lines(path: Path, events: list[Row]) -> Path:
    path.write_text("\n".join(map(json.dumps, events)))
    return path


def as_parquet(path: Path, events: list[Row]) -> Path:
    lines = as_lines(path.with_suffix(".txt"), [lowered(one) for one in events])
    duckdb.execute(f"copy (select * replace (eventtime::timestamp as eventtime) from read_json('{lines}')) to '{path}'")
    return path


FORMS: dict[str, Callable[[Path, list[Row]], Path]] = {
    "log file": lambda folder, events: log_file(folder / "1_CloudTrail_eu-west-1.json.gz", *events),
    "folder": lambda folder, events: log_file(folder / "AWSLogs" / "1.json.gz", *events) and folder,
    "lines": lambda folder, events: as_lines(folder / "events.json", events),
    "lines in lower case": lambda folder, events: as_lines(folder / "e.json", [lowered(one) for one in events]),
    "parquet": lambda folder, events: as_parquet(folder / "events.parquet", events),
}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute(f"create temp table touched as select '{BUILDER}' as principal_arn")
        yield con


@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_the_same(form: str, con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    on = ["arn:aws:s3:::vault", "arn:aws:s3:::vault/a"]
    events = [
        event("s3:GetObject", on=on, eventCategory="Data", **TLS),
        *[event("ec2:RunInstances", vpcEndpointId="vpce-1", mfa="true")] * 3,
        event("ec2:RunInstances", errorCode="AccessDenied"),
        event("ec2:RunInstances", arn("role", "gone")),
    ]
    log_file(tmp_path / "AWSLogs" / "CloudTrail-Digest" / "1.json.gz", event("ec2:RunInstances"))
    read = trail.read(con, FORMS[form](tmp_path, events), datetime(2020, 1, 1), ["203.0.113.9"])
    assert read == trail.Trail(1, 6, NOON, NOON, 5, 1, 1, (MEMBER,))
    names = "event, region, resources, is_by_service, address, vpc_endpoint, mfa, is_over_tls, events"
    query = f"select {names} from temp.trail where principal_arn is not null order by all"
    resources = [{"arn": one, "account_id": None} for one in on]
    assert con.execute(query).fetchall() == [
        ("GetObject", "eu-west-1", resources, False, "203.0.113.9", None, "false", True, 1),
        ("RunInstances", "eu-west-1", None, False, "203.0.113.9", "vpce-1", "true", False, 3),
    ]


@pytest.mark.parametrize(
    ("networks", "groups"),
    [
        ([], 1),
        (["203.0.113.0/24", "10.0.0.0/8"], 3),
        (["203.0.113.0/30", "203.0.113.0/24"], 4),
        (["203.0.113.4", "0.0.0.0/0"], 3),
        (["2001:db8::/33"], 3),
        (["203.*"], 8),
    ],
)
def test_addresses_are_told_apart_as_policies_do(
    networks: list[str], groups: int, con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    addresses = [*(f"203.0.113.{number}" for number in range(5)), "198.51.100.1", "2001:db8::1", "2001:db8:8000::1"]
    events = [event("ec2:RunInstances", sourceIPAddress=address) for address in addresses]
    trail.read(con, log_file(tmp_path / "1.json.gz", *events), datetime(2020, 1, 1), networks)
    told = con.execute("select address, events from temp.trail").fetchall()
    assert len(told) == groups
    assert sum(events for _, events in told) == len(addresses)
    assert all(address in addresses for address, _ in told) or not networks


def test_a_bucket_is_read_page_by_page(
    aws: Loopback, con: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told is the same as of the folder; no more than a page is on disk; one sentence for what S3 refuses."""
    folder, bucket = tmp_path / "trail", f"trail-{uuid4().hex[:12]}"
    names = [f"AWSLogs/{number}.json.gz" for number in range(5)]
    for number, name in enumerate([*names, "CloudTrail-Digest/d.json.gz", "other/x.json.gz"]):
        log_file(folder / name, event("ec2:RunInstances", days=number % 2), event("ec2:StopInstances"))
    settings, since = aws.settings(tmp_path / "home"), datetime(2020, 1, 1)
    with closing(boto3.client("s3")) as s3:
        s3.create_bucket(Bucket=bucket)
        for file in folder.rglob("*.gz"):
            s3.put_object(Bucket=bucket, Key=str(file.relative_to(folder)), Body=file.read_bytes())
        s3.put_object(Bucket=bucket, Key="cut/1_CloudTrail_x.json.gz", Body=(folder / names[0]).read_bytes()[:-20])
    monkeypatch.setattr(trail_bucket, "PAGE", 2)
    seen, pages = [], trail_bucket.pages

    def watched(*args: Any) -> Iterator[Any]:
        for folder, files in pages(*args):
            seen.append(len(files))
            yield folder, files

    monkeypatch.setattr(trail_bucket, "pages", watched)
    told = []
    for where in (folder / "AWSLogs", f"s3://{bucket}/AWSLogs/"):
        read = trail.read(con, where, since, settings=settings)
        told.append((read, con.execute("from temp.trail order by all").fetchall()))
    assert told[0] == told[1]
    assert told[0][0].events == 10
    assert seen == [2, 2, 1]
    for place, says in (
        (f"s3://{bucket}/cut/", f"s3://{bucket}/cut/1_CloudTrail_x.json.gz: "),
        (f"s3://{bucket}/CloudTrail-Digest", "no file"),
        (f"s3://{bucket}-none/x", "NoSuchBucket"),
    ):
        with pytest.raises(Refused, match=re.escape(says)) as refused:
            trail.read(con, place, since, settings=settings)
        assert "\n" not in str(refused.value)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def test_what_cannot_be_read_is_one_sentence(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    events = [event("ec2:RunInstances")]
    damaged = {"1_CloudTrail_a.json.gz": FORMS["log file"], "2.json.gz": FORMS["folder"], "3.parquet": FORMS["parquet"]}
    cases: list[tuple[Path, str]] = []
    for name, make in damaged.items():
        (tmp_path / name).mkdir()
        made = make(tmp_path / name, events)
        file = next(one for one in (made, *made.rglob("*.gz")) if one.is_file())
        cut(file)
        cases.append((made, str(file)))
    other = as_lines(tmp_path / "other.json", [{"not": "an event"}])
    half = tmp_path / "half.json"
    half.write_text(json.dumps(events[0])[:-9])
    bare = tmp_path / "bare.parquet"
    duckdb.execute(f"copy (select 'x' as eventtime) to '{bare}'")
    (tmp_path / "empty").mkdir()
    cases += [(one, str(one)) for one in (other, half, bare, tmp_path / "empty", tmp_path / "none.json")]
    for path, named in cases:
        with pytest.raises(Refused) as refused:
            trail.read(con, path, datetime(2020, 1, 1))
        assert re.fullmatch(f".*{re.escape(named)}.*", str(refused.value)), path
