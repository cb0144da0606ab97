"""What would break, against an oracle: every used action as concrete requests, each decided before and after."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random

import pytest

from pipeline.policy import Policies, Policy, Request, Verdict, evaluate
from pipeline.rehearse import edits
from pipeline.rehearse.answer import Answer, rehearse
from pipeline.rehearse.callers import WHO, Entries, together
from pipeline.rehearse.change import resolved
from pipeline.rehearse.lockouts import HTTPS
from pipeline.rehearse.session import opened
from pipeline.settings import Settings
from tests.pipeline.explain.explained import allow, document
from tests.pipeline.rehearse.organization import (
    BASE,
    DARK,
    OTHER,
    PRINCIPALS,
    SIGN_IN,
    TRUSTS,
    UNIT,
    Row,
    arn,
    saved,
)
from tests.sql.harness import MANAGEMENT, MEMBER

SOURCE, RUNNER = "aws:SourceIp", f"arn:aws:iam::{MANAGEMENT}:role/Runner"
REGION, ELSEWHERE = "eu-west-1", "us-west-2"
RESOURCES = {
    "ec2": [f"arn:aws:ec2:{{region}}:{{account}}:instance/{name}" for name in ("i-1", "i-kept", "data-1")],
    "s3": [f"arn:aws:s3:::{name}" for name in ("zq7x", "data-1", "kept")],
    "lambda": [f"arn:aws:lambda:{{region}}:{{account}}:function:{name}" for name in ("zq7x", "kept")],
    "iam": ["*"],
}
PATTERNS = ("*", "*", "arn:aws:s3:::data*", "arn:aws:ec2:*:*:instance/i-kept", "arn:aws:lambda:*:*:function:kept")
CONDITIONS: tuple[Row, ...] = (
    {},
    {},
    {"StringNotEquals": {"aws:RequestedRegion": REGION}},
    {"StringEquals": {"aws:RequestedRegion": REGION}},
    {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/builder"}},
    {"StringEquals": {"aws:PrincipalAccount": OTHER}},
)
ACTIONS = ("ec2:RunInstances", "ec2:*", "s3:DeleteBucket", "s3:*", "lambda:*", "iam:List*", "*")
FULL = Policy.read("FullAWSAccess", document(allow("*")), "scp")
STAY = Policy.read("stay", document({"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"}))


def random_deny(random: Random) -> Row:
    condition = random.choice(CONDITIONS)
    named = {"Action": random.sample(ACTIONS[:-1], random.randint(1, 2))}
    if random.random() < 0.25:
        named = {"NotAction": [random.choice(ACTIONS[:-1])]}
    element = "NotResource" if random.random() < 0.2 else "Resource"
    pattern = random.choice(PATTERNS[2:] if element == "NotResource" else PATTERNS)
    return {"Effect": "Deny", **named, element: pattern} | ({"Condition": condition} if condition else {})


def requests(principal: str, action: str, regions: tuple[str, ...]) -> Iterator[Request]:
    """Concrete requests for the action: on several resources, in these Regions, from two networks."""
    account = principal.split(":")[4]
    regions = ("us-east-1",) if action.startswith("iam:") else regions  # IAM answers from there alone
    for region, address in product(regions, ("10.1.2.3", "203.0.113.9")):
        for resource in RESOURCES[action.partition(":")[0]]:
            name = resource.format(region=region, account=account)
            keys = {"aws:RequestedRegion": region, "aws:SourceIp": address}
            keys |= {"aws:PrincipalArn": principal, "aws:PrincipalAccount": account}
            yield Request.of(principal, action, name, keys, account)


def expected(principal: str, action: str, new: Policy, in_region: bool) -> str | None:
    """certain, conditional or None, by trying each request before and after."""
    own = (Policy.read("own", document(*PRINCIPALS[principal.rpartition("/")[2]])),)
    levels = [[FULL], *([[FULL]] if MEMBER in principal else []), [FULL, *([STAY] if MEMBER in principal else [])]]

    def lost(regions: tuple[str, ...]) -> list[bool]:
        before, after = (
            [
                evaluate(request, Policies(identity=own, scp_levels=scps)).verdict is Verdict.ALLOWED
                for request in requests(principal, action, regions)
            ]
            for scps in (levels, [[FULL, new], *levels[1:]])
        )
        return [not later for earlier, later in zip(before, after, strict=True) if earlier]

    everywhere, there = lost((REGION, ELSEWHERE)), lost((REGION,)) if in_region else []
    if everywhere and (all(everywhere) or (there and all(there))):
        return "certain"
    return "conditional" if any(everywhere) else None


def found(answer: Answer) -> dict[tuple[str, str], str]:
    return {(one.principal_arn, one.action): one.certainty for one in answer.breaks if one.basis == "action"}


def compare(seed: int, settings: Settings, folder: Path) -> int:
    """The breaks of a random SCP at the root, and the oracle's. Returns how many there are."""
    random = Random(seed)
    statements = [random_deny(random) for _ in range(random.randint(1, 2))]
    file = saved(folder, f"deny-{seed}", *statements)
    new = Policy.read(file.stem, file.read_text(), "scp")
    used = {
        (row["arn"], f"{row['service']}:{row['action']}")
        for row in BASE["action_last_accessed"]
        if row["action"] != "PutBucketTagging"
    }
    services = {(row["arn"], row["service"]) for row in BASE["service_last_accessed"]}
    oracle = {key: expected(*key, new, (key[0], key[1].partition(":")[0]) in services) for key in sorted(used)}
    told = {key: certainty for key, certainty in oracle.items() if certainty}
    assert found(rehearse(settings, "scp", [file], "root")) == told, json.dumps(statements)
    return len(told)


@pytest.mark.parametrize("seed", [3, 11])
def test_breaks_are_the_oracles(seed: int, settings: Settings, tmp_path: Path) -> None:
    compare(seed, settings, tmp_path)


def test_conditions_that_never_or_always_hold_together_are_told_apart(settings: Settings, tmp_path: Path) -> None:
    own = (arn("role", "conditional"), "ec2:RunInstances")
    for operator, outcome in (("NotIpAddress", None), ("IpAddress", "certain")):
        where = {operator: {"aws:SourceIp": "10.0.0.0/8"}}
        deny = {"Effect": "Deny", "Action": "ec2:*", "Resource": "*", "Condition": where}
        answer = rehearse(settings, "scp", [saved(tmp_path, f"deny-{operator}", deny)], UNIT)
        assert found(answer).get(own) == outcome


def test_whether_a_use_was_over_https_is_not_known(settings: Settings, tmp_path: Path) -> None:
    where = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": where}
    answer = rehearse(settings, "scp", [saved(tmp_path, "https", deny)], UNIT)
    (one,) = [one for one in answer.breaks if one.action == "s3:DeleteBucket"]
    assert (one.certainty, one.depends_on) == ("conditional", ("aws:SecureTransport",))
    assert answer.is_safe


@pytest.mark.soak
def test_breaks_are_the_oracles_whatever_is_denied(settings: Settings, tmp_path: Path) -> None:
    assert sum(compare(seed, settings, tmp_path) for seed in range(200, 240)) > 100


def test_what_breaks_is_told_with_its_basis(settings: Settings, tmp_path: Path) -> None:
    file = saved(tmp_path, "no-s3", {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Sid": "NoS3"})
    answer = rehearse(settings, "scp", [file], UNIT)
    told = {(one.principal_arn, one.action): one for one in answer.breaks}
    assert {key[0] for key in told} == {arn("role", "builder"), arn("role", "reader")}
    tracked = told[arn("role", "builder"), "s3:DeleteBucket"]
    assert (tracked.basis, tracked.certainty, tracked.region) == ("action", "certain", REGION)
    # Its use of s3 may be of the tracked actions, so whether it used others is not known.
    assert told[arn("role", "builder"), "s3:*"].depends_on == ("which of its actions were used",)
    # Nothing that AWS tracks was used, so it was something else of s3, and all of that is denied.
    whole = told[arn("role", "reader"), "s3:*"]
    assert (whole.basis, whole.certainty, whole.region) == ("service", "certain", REGION)
    assert whole.statement
    assert whole.statement.sid == "NoS3"
    # Used longer ago than the days asked for; denied today already.
    assert (arn("role", "builder"), "s3:PutBucketTagging") not in told
    assert not answer.is_safe


def test_use_that_was_denied_before_is_left_out(settings: Settings, tmp_path: Path) -> None:
    file = saved(tmp_path, "no-ec2", {"Effect": "Deny", "Action": "ec2:TerminateInstances", "Resource": "*"})
    answer = rehearse(settings, "scp", [file], MEMBER)
    assert {one.principal_arn for one in answer.breaks if one.basis == "action"} == {arn("role", "builder")}


def test_what_is_not_known_is_said(settings: Settings, tmp_path: Path) -> None:
    file = saved(tmp_path, "no-kms", {"Effect": "Deny", "Action": "kms:*", "Resource": "*"})
    answer = rehearse(settings, "scp", [file], "root")
    assert answer.breaks == ()
    told = {(row["account_id"], row["principal_arn"]): row for row in answer.unknown}
    assert told[DARK, None]["error_class"] == "assume_role_failed"
    assert told[DARK, None]["call"] == "sts:AssumeRole"
    assert told[MEMBER, arn("role", "unreported")]["call"] == "iam:GenerateServiceLastAccessedDetails"
    assert answer.is_safe
    below = rehearse(settings, "scp", [file], UNIT)
    assert {row["account_id"] for row in below.unknown} == {MEMBER}


def test_the_reader_role_and_accounts_without_an_allow_are_locked_out(settings: Settings, tmp_path: Path) -> None:
    file = saved(tmp_path, "no-iam", {"Effect": "Deny", "Action": "iam:List*", "Resource": "*"})
    answer = rehearse(settings, "scp", [file], UNIT)
    (reader,) = answer.locks_out
    assert (reader.principal_arn, reader.certainty, reader.callers) == (arn("role", "RolecallReader"), "certain", ())
    assert "iam:ListAccessKeys" in reader.actions
    answer = rehearse(settings, "scp", [file], UNIT, replaced=["FullAWSAccess"])
    assert [one.account_id for one in answer.locks_out if one.principal_arn is None] == [MEMBER]


@pytest.mark.parametrize(
    ("action", "condition", "reader", "sign_in"),
    [
        ("sts:AssumeRole", {}, ("certain", ()), None),
        ("sts:*", {}, ("certain", ()), ("certain", ())),
        ("sts:*", {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-other"}}, ("certain", ()), ("certain", ())),
        ("sts:*", {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-example"}}, None, ("certain", ())),
        ("sts:AssumeRole", {"StringEquals": {"aws:PrincipalOrgID": "o-other"}}, None, None),
        *(
            ("sts:AssumeRole", {"NotIpAddressIfExists": {"aws:SourceIp": network}}, ("conditional", (SOURCE,)), None)
            for network in ("10.0.0.0/8", "203.0.113.7/32")
        ),
        ("sts:AssumeRole", {"ArnNotLike": {"aws:PrincipalArn": RUNNER}}, ("conditional", (WHO,)), None),
        ("sts:AssumeRole", {"ArnLike": {"aws:PrincipalArn": RUNNER}}, ("conditional", (WHO,)), None),
        ("sts:*", {"Bool": {"aws:SecureTransport": "false"}}, None, None),
        ("sts:*", {"StringEquals": {"aws:PrincipalAccount": "444444444444"}}, None, None),
        ("s3:*", {}, None, None),
    ],
)  # fmt: skip
def test_a_resource_control_policy_that_keeps_callers_out_of_roles(
    action: str, condition: Row, reader: object, sign_in: object, settings: Settings, tmp_path: Path
) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*", "Condition": condition}
    with opened(settings) as session:
        change = resolved(session.con, "rcp", [saved(tmp_path, "door", deny)], UNIT, (), ())
        session.apply(edits.of(session.con, change), ["int_control_levels"])
        entries = Entries(session)
        for name, expected in (("RolecallReader", reader), (SIGN_IN, sign_in)):
            trust = json.dumps(TRUSTS[name]["trust_document"])
            role = {"arn": arn("role", name), "account_id": MEMBER, "trust_before": trust, "trust_after": trust}
            loss = together(entries.of(role, HTTPS))
            assert (loss and (loss.certainty, loss.keys)) == expected, name


def test_a_resource_control_policy_locks_out_of_what_must_keep_working(settings: Settings, tmp_path: Path) -> None:
    where = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-other"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*", "Condition": where}
    answer = rehearse(settings, "rcp", [saved(tmp_path, "door", deny)], UNIT)
    told = {one.principal_arn: one for one in answer.locks_out}
    assert told.keys() == {arn("role", "RolecallReader"), arn("role", SIGN_IN)}
    reader = told[arn("role", "RolecallReader")]
    assert (reader.actions, reader.callers) == (("sts:AssumeRole",), (f"arn:aws:iam::{MANAGEMENT}:role/*",))
    assert reader.loses == f"sts:AssumeRole by arn:aws:iam::{MANAGEMENT}:role/*"
    assert not answer.is_safe


def test_a_trust_policy_and_the_callers_own_limits_lock_the_reader_out(settings: Settings, tmp_path: Path) -> None:
    who = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "sts:AssumeRole"}
    answer = rehearse(settings, "trust", [saved(tmp_path, "trust", who)], arn("role", "RolecallReader"))
    (reader,) = answer.locks_out
    assert (reader.certainty, reader.callers) == ("certain", (f"arn:aws:iam::{MANAGEMENT}:role/*",))
    deny = {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": "*"}
    with opened(settings) as session:
        change = resolved(session.con, "scp", [saved(tmp_path, "no-roles", deny)], "root", (), ())
        session.apply(edits.of(session.con, change), ["int_control_levels"])
        entries = Entries(session)
        for account, expected in ((MANAGEMENT, None), (OTHER, "certain"), ("444444444444", None)):
            trust = json.dumps(document(who | {"Principal": {"AWS": account}}))  # No SCP binds the first and the last.
            role = {"arn": arn("role", "RolecallReader"), "account_id": MEMBER}
            loss = together(entries.of(role | {"trust_before": trust, "trust_after": trust}))
            assert (loss and loss.certainty) == expected, account


def test_a_boundary_takes_away_what_it_does_not_allow(settings: Settings, tmp_path: Path) -> None:
    file = saved(tmp_path, "only-ec2", allow("ec2:*"))
    answer = rehearse(settings, "boundary", [file], arn("role", "builder"))
    told = {one.action: one.certainty for one in answer.breaks}
    assert told["s3:DeleteBucket"] == told["lambda:CreateFunction"] == "certain"
    assert "ec2:RunInstances" not in told
    assert {one.principal_arn for one in answer.breaks} == {arn("role", "builder")}


def test_a_resource_control_policy_stops_whoever_uses_the_accounts_resources(
    settings: Settings, tmp_path: Path
) -> None:
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": "*"}
    answer = rehearse(settings, "rcp", [saved(tmp_path, "keep", deny)], UNIT)
    (one,) = [one for one in answer.breaks if one.basis == "action"]
    # It may have deleted a bucket of another account: AWS does not tell.
    assert (one.action, one.certainty, one.depends_on) == ("s3:DeleteBucket", "conditional", ("the resource",))


def test_detaching_a_policy_breaks_what_it_allowed(settings: Settings) -> None:
    answer = rehearse(settings, "identity", [], arn("role", "guarded"), detached=["own"])
    told = {one.action: one.certainty for one in answer.breaks if one.basis == "action"}
    assert told == {"ec2:RunInstances": "certain"}


def test_a_trust_policy_that_shuts_out_who_may_have_assumed_the_role(settings: Settings, tmp_path: Path) -> None:
    def told(*services: str, **more: Row) -> tuple[str, tuple[str, ...], tuple[str, ...]] | None:
        who = {"Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
        trust = saved(tmp_path, "trust", {"Effect": "Allow", **who, **more})
        answer = rehearse(settings, "trust", [trust], arn("role", "deploy"))
        return next(((one.certainty, one.depends_on, one.lost) for one in answer.breaks), None)

    assert told("lambda.amazonaws.com") == ("certain", (), ("ec2.amazonaws.com",))
    assert told("lambda.amazonaws.com", "ec2.amazonaws.com") is None
    where = {"StringEquals": {"aws:SourceAccount": MEMBER}}
    conditional = told("ec2.amazonaws.com", Condition=where)
    assert conditional == ("conditional", ("aws:SourceAccount",), ("ec2.amazonaws.com",))
