"""The decision order, layer by layer, where it is easy to get wrong."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.policy import Policies, Policy, Request, Verdict, evaluate
from tests.pipeline.policy.support import ACCOUNT, ADMIN, OTHER, allow, deny, document, policies, statement

ALLOWED, DENIED, NOTHING, DEPENDS = (
    Verdict.ALLOWED,
    Verdict.EXPLICITLY_DENIED,
    Verdict.IMPLICITLY_DENIED,
    Verdict.DEPENDS,
)
ME = f"arn:aws:iam::{ACCOUNT}:user/worker"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/app"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s1"
OBJECT = "arn:aws:s3:::bucket/key"
READ = allow("s3:GetObject")
NONE = allow("ec2:DescribeInstances")


def bucket(principal: Any, effect: str = "Allow", element: str = "Principal", **more: Any) -> Policy:
    one = {"Effect": effect, element: principal, "Action": "s3:*", "Resource": "arn:aws:s3:::bucket/*", **more}
    return Policy.read("bucket", document(one), "resource")


def ask(
    who: str,
    *identity: Any,
    action: str = "s3:GetObject",
    on: str = OBJECT,
    owner: str = ACCOUNT,
    known: Any = None,
    **layers: Any,
) -> Verdict:
    return evaluate(Request.of(who, action, on, known, owner), Policies(policies(*identity), **layers)).verdict


def one(source: Any) -> Policy:
    return Policy.read("one", source)


# -- resource policies inside the account


@pytest.mark.parametrize(
    ("who", "named", "without_boundary", "with_boundary"),
    [
        (ME, {"AWS": ME}, ALLOWED, ALLOWED),
        (ME, "*", ALLOWED, ALLOWED),
        (ME, {"AWS": ACCOUNT}, NOTHING, NOTHING),
        (ME, {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, NOTHING, NOTHING),
        (ME, {"AWS": f"arn:aws:iam::{ACCOUNT}:user/other"}, NOTHING, NOTHING),
        (ROLE, {"AWS": ROLE}, ALLOWED, NOTHING),
        (SESSION, {"AWS": ROLE}, ALLOWED, NOTHING),
        (SESSION, {"AWS": SESSION}, ALLOWED, ALLOWED),
        # AWS says that aws:PrincipalArn beside "*" lifts the boundary, and says nothing of "*" alone.
        (SESSION, {"AWS": "*"}, ALLOWED, DEPENDS),
        (SESSION, {"AWS": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s2"}, NOTHING, NOTHING),
        (ME, {"AWS": "AIDAEXAMPLE"}, NOTHING, NOTHING),
        (ME, {"CanonicalUser": "79a59d"}, DEPENDS, DEPENDS),
    ],
)
def test_a_resource_policy_alone(who: str, named: Any, without_boundary: Verdict, with_boundary: Verdict) -> None:
    assert ask(who, resource=bucket(named)) is without_boundary
    assert ask(who, resource=bucket(named), boundary=one(NONE)) is with_boundary


def test_a_session_policy_limits_a_role_but_not_a_named_session() -> None:
    assert ask(SESSION, READ, session=policies(NONE)) is NOTHING
    assert ask(SESSION, READ, session=policies(READ)) is ALLOWED
    assert ask(SESSION, resource=bucket({"AWS": ROLE}), session=policies(NONE)) is NOTHING
    assert ask(SESSION, resource=bucket({"AWS": SESSION}), session=policies(NONE)) is ALLOWED
    assert ask(SESSION, READ, session=()) is NOTHING


def test_a_boundary_never_grants_and_its_deny_counts() -> None:
    assert ask(ME, boundary=one(ADMIN)) is NOTHING
    assert ask(ME, READ, boundary=one(NONE)) is NOTHING
    assert ask(ME, READ, boundary=one(document(statement("Allow", "*"), statement("Deny", "s3:*")))) is DENIED


# -- across accounts

OUTSIDER = f"arn:aws:iam::{OTHER}:role/outsider"


def test_across_accounts_both_sides_must_allow() -> None:
    named, rooted = bucket({"AWS": OUTSIDER}), bucket({"AWS": f"arn:aws:iam::{OTHER}:root"})
    assert ask(OUTSIDER, READ, resource=named) is ALLOWED
    assert ask(OUTSIDER, resource=named) is NOTHING
    assert ask(OUTSIDER, READ, resource=rooted) is ALLOWED
    assert ask(OUTSIDER, READ, resource=bucket({"AWS": ME})) is NOTHING
    assert ask(OUTSIDER, READ, resource=named, boundary=one(NONE)) is NOTHING
    assert ask(OUTSIDER, READ, resource=named, session=policies(NONE)) is NOTHING
    assert ask(OUTSIDER, READ) is DEPENDS


def test_partitions_are_kept_apart() -> None:
    assert ask(OUTSIDER, READ, resource=bucket({"AWS": f"arn:aws-cn:iam::{OTHER}:root"})) is NOTHING
    assert ask(OUTSIDER.replace(":aws:", ":aws-us-gov:"), READ, resource=bucket({"AWS": OTHER})) is ALLOWED


# -- services, providers, strangers


def test_callers_without_an_account() -> None:
    logs = bucket({"Service": "logging.s3.amazonaws.com"})
    assert ask("logging.s3.amazonaws.com", resource=logs) is ALLOWED
    assert ask("cloudtrail.amazonaws.com", resource=logs) is NOTHING
    assert ask("*", resource=bucket("*")) is ALLOWED
    assert ask("*", resource=bucket({"AWS": "*"})) is ALLOWED
    assert ask("*", resource=bucket({"AWS": ACCOUNT})) is NOTHING
    assert ask("cloudtrail.amazonaws.com", resource=bucket("*"), scp_levels=[[]]) is ALLOWED


# -- NotPrincipal


def test_deny_with_not_principal() -> None:
    root = f"arn:aws:iam::{ACCOUNT}:root"

    def spared(who: str, *listed: str) -> Verdict:
        return ask(who, READ, resource=bucket({"AWS": list(listed)}, "Deny", "NotPrincipal"))

    assert spared(ME, ME, root) is ALLOWED
    assert spared(ME, ME) is DEPENDS
    assert spared(ME, root) is DENIED
    assert spared(SESSION, root, ROLE, SESSION) is ALLOWED
    assert spared(SESSION, root, ROLE) is DEPENDS
    assert spared(SESSION, root, f"arn:aws:iam::{ACCOUNT}:role/other") is DENIED
    assert ask(ME, resource=bucket({"AWS": OUTSIDER}, "Allow", "NotPrincipal")) is ALLOWED


# -- policies that rule alone: role trust, KMS keys

TARGET = f"arn:aws:iam::{ACCOUNT}:role/target"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234"


def trust(principal: Any, **more: Any) -> Policy:
    return Policy.read(
        "trust", document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}), "trust"
    )


def test_a_role_opens_only_by_its_trust() -> None:
    def enter(who: str, *identity: Any, by: Policy) -> Verdict:
        return ask(who, *identity, action="sts:AssumeRole", on=TARGET, resource=by)

    rooted = trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert enter(ME, ADMIN, by=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/other"})) is NOTHING
    assert enter(ME, by=trust({"AWS": ME})) is ALLOWED
    assert enter(ME, by=rooted) is NOTHING
    assert enter(ME, allow("sts:AssumeRole", TARGET), by=rooted) is ALLOWED
    assert enter(ME, deny("sts:*"), by=trust({"AWS": ME})) is DENIED
    assert enter(OUTSIDER, by=trust({"AWS": OUTSIDER})) is NOTHING
    assert enter(ME, ADMIN, by=Policy.read("trust", None)) is DEPENDS


def test_a_key_opens_only_by_its_policy() -> None:
    def decrypt(who: str, *identity: Any, by: Any) -> Verdict:
        key = document({"Effect": "Allow", "Principal": by, "Action": "kms:*", "Resource": "*"})
        return ask(who, *identity, action="kms:Decrypt", on=KEY, resource=Policy.read("key", key, "resource"))

    assert decrypt(ME, ADMIN, by={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}) is ALLOWED
    assert decrypt(ME, by={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}) is NOTHING
    assert decrypt(ME, ADMIN, by={"AWS": ROLE}) is NOTHING
    assert decrypt(ME, by={"AWS": ME}) is ALLOWED


# -- guardrails

FULL = policies(ADMIN, kind="scp")


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([FULL, FULL], ALLOWED),
        ([FULL, ()], NOTHING),
        ([FULL, policies(allow("s3:*"), kind="scp")], ALLOWED),
        ([FULL, policies(allow("ec2:*"), kind="scp")], NOTHING),
        ([FULL, policies(allow("ec2:*"), ADMIN, kind="scp")], ALLOWED),
        ([policies(ADMIN, deny("s3:Get*"), kind="scp"), FULL], DENIED),
        ([FULL, policies(document({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}), kind="scp")], NOTHING),
        ([policies(ADMIN, document({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"}), kind="scp")], ALLOWED),
        (
            [
                policies(
                    ADMIN,
                    document({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::bucket/*"}),
                    kind="scp",
                )
            ],
            ALLOWED,
        ),
        (
            [
                policies(
                    ADMIN,
                    document({"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::vault/*"}),
                    kind="scp",
                )
            ],
            DENIED,
        ),
        ([(Policy.read("unread", None),)], DEPENDS),
        (None, ALLOWED),
    ],
)
def test_scps(levels: Any, expected: Verdict) -> None:
    assert ask(ME, READ, scp_levels=levels) is expected
    assert ask(ME, resource=bucket({"AWS": ME}), scp_levels=levels) is expected


def test_whom_scps_do_not_bind() -> None:
    closed = [()]
    service_role = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    assert ask(ME, READ, scp_levels=closed) is NOTHING
    assert ask(ME, READ, scp_levels=closed, management_account=ACCOUNT) is ALLOWED
    assert ask(service_role, READ, scp_levels=closed) is ALLOWED
    assert ask(f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForX/s", READ, scp_levels=closed) is ALLOWED
    assert ask(f"arn:aws:iam::{ACCOUNT}:role/AWSServiceRoleForX", READ, scp_levels=closed) is NOTHING
    assert ask(f"arn:aws:iam::{ACCOUNT}:root", scp_levels=closed) is NOTHING
    assert ask(f"arn:aws:iam::{ACCOUNT}:root") is ALLOWED


def test_rcps_guard_resources() -> None:
    perimeter = {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-own"},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    rcp = {"Effect": "Deny", "Principal": "*", "Action": ["s3:*", "ec2:*"], "Resource": "*", "Condition": perimeter}
    levels = [policies(document(rcp), kind="rcp")]
    open_to_all = bucket("*")
    assert ask(OUTSIDER, READ, resource=open_to_all, rcp_levels=levels) is DENIED
    assert (
        ask(OUTSIDER, READ, resource=open_to_all, rcp_levels=levels, known={"aws:PrincipalOrgID": "o-own"}) is ALLOWED
    )
    assert ask(OUTSIDER, READ, resource=open_to_all, rcp_levels=levels, management_account=ACCOUNT) is ALLOWED
    assert ask("cloudtrail.amazonaws.com", resource=open_to_all, rcp_levels=levels) is ALLOWED
    assert ask(ME, allow("ec2:*"), action="ec2:RunInstances", on="*", rcp_levels=levels) is ALLOWED


# -- resources


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ({"Resource": "arn:aws:s3:::home/${aws:username}/*"}, ALLOWED),
        ({"Resource": "arn:aws:s3:::home/${aws:PrincipalTag/team, 'worker'}/*"}, ALLOWED),
        ({"Resource": "arn:aws:s3:::home/${aws:PrincipalTag/team}/*"}, NOTHING),
        ({"Resource": "arn:aws:s3:::home/${*}/*"}, NOTHING),
        ({"NotResource": "arn:aws:s3:::home/${aws:username}/*"}, NOTHING),
        ({"NotResource": "arn:aws:s3:::home/other/*"}, ALLOWED),
        ({"NotResource": "*"}, NOTHING),
    ],
)
def test_resource_elements(elements: dict[str, str], expected: Verdict) -> None:
    source = document({"Effect": "Allow", "Action": "s3:GetObject", **elements})
    assert ask(ME, source, on="arn:aws:s3:::home/worker/file") is expected
    old = {**source, "Version": "2008-10-17"}
    literal = NOTHING if "Resource" in elements else expected if "$" not in str(elements) else ALLOWED
    assert ask(ME, old, on="arn:aws:s3:::home/worker/file") is literal


# -- evidence


def test_evidence_names_what_decided() -> None:
    source = document(statement("Allow", "s3:*", Sid="Read"), statement("Deny", "s3:Delete*"))

    def decide(action: str) -> Any:
        return evaluate(Request.of(ME, action, OBJECT), Policies((Policy.read("mine", source),)))

    allowed, denied, nothing = decide("s3:GetObject"), decide("s3:DeleteObject"), decide("ec2:RunInstances")
    assert [(hit.layer, hit.policy, hit.sid, hit.index) for hit in allowed.evidence] == [
        ("identity", "mine", "Read", 0)
    ]
    assert allowed.reason == "allowed by identity policy mine, Read"
    assert [(hit.index, hit.effect) for hit in denied.evidence] == [(1, "Deny")]
    assert '"s3:Delete*"' in denied.evidence[0].text
    assert denied.reason == "denied by identity policy mine, statement 1"
    assert nothing.reason == "needs an Allow in the identity policies"


def test_what_a_verdict_waits_for() -> None:
    from pipeline.policy import Context

    conditioned = allow("s3:*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})
    request = Request.of(ME, "s3:GetObject", OBJECT, Context.of({}, complete=False))
    decision = evaluate(request, Policies(policies(conditioned)))
    assert (decision.verdict, decision.unknown_keys) == (DEPENDS, ("aws:SourceIp",))


def test_a_malformed_policy_decides_nothing_but_hides_no_deny() -> None:
    broken = document({"Effect": "Allow", "Action": "s3:*"})
    assert ask(ME, broken) is DEPENDS
    assert ask(ME, broken, READ) is DEPENDS
    assert ask(ME, broken, deny("s3:*")) is DENIED
