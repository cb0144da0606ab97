"""Requests against policies, as AWS documents the language: one line a rule.

Conditions: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
Layers: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pipeline.policy import Policies, Policy, Request, evaluate
from tests.pipeline.policy.support import ACCOUNT, OTHER, allow, deny, document, policies

ROOT, ANNA, BOB = (f"arn:aws:iam::{ACCOUNT}:{name}" for name in ("root", "user/anna", "user/bob"))
ROLE, TARGET = f"arn:aws:iam::{ACCOUNT}:role/app", f"arn:aws:iam::{ACCOUNT}:role/target"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s1"
LINKED = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
GUEST = f"arn:aws:iam::{OTHER}:role/guest"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
GITHUB = "token.actions.githubusercontent.com"
PROVIDER, SAML = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{GITHUB}", f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
SHORT = {"Allowed": "A", "ImplicitlyDenied": "I", "ExplicitlyDenied": "E", "Depends": "D"}


def ask(
    who: str,
    action: str = "s3:GetObject",
    resource: str = "arn:aws:s3:::b/k",
    known: Mapping[str, Any] | None = None,
    *,
    by: Any = None,
    kind: Any = "resource",
    **layers: Any,
) -> str:
    """A(llowed), I(mplicitly), E(xplicitly denied) or D(epends); `by` is the resource's own policy."""
    made: dict[str, Any] = {"resource": Policy.read("resource", by, kind) if by else None}
    for name, given in layers.items():
        if name in ("identity", "session"):
            made[name] = policies(*given)
        elif name == "boundary":
            made[name] = Policy.read("boundary", given)
        elif name in ("scp", "rcp"):
            made[f"{name}_levels"] = [policies(*level, kind=name) for level in given]
        else:
            made[name] = given
    return SHORT[evaluate(Request.of(who, action, resource, known, ACCOUNT), Policies(**made)).verdict]


TEAM, TAGS, IP, ARN, KEYS = "aws:PrincipalTag/team", "aws:TagKeys", "aws:SourceIp", "aws:SourceArn", "s3:max-keys"
NOW, TOPIC = "aws:CurrentTime", "arn:aws:sns:eu-west-1:345612340987:topic"


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "sent", "expected"),
    [
        # the key is not sent
        ("StringEquals", TEAM, "x", None, "I"),
        ("StringNotEquals", TEAM, "x", None, "A"),
        ("StringNotLike", TEAM, "x*", None, "A"),
        ("ArnNotEquals", ARN, TOPIC, None, "A"),
        ("NotIpAddress", IP, "10.0.0.0/8", None, "A"),
        ("NumericNotEquals", KEYS, "1", None, "A"),
        ("DateNotEquals", NOW, "2026-01-01", None, "A"),
        ("Bool", "aws:MultiFactorAuthPresent", "true", None, "I"),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", "true", None, "A"),
        ("BoolIfExists", "aws:MultiFactorAuthPresent", "true", "false", "I"),
        ("IpAddressIfExists", IP, "10.0.0.0/8", None, "A"),
        ("ForAllValues:StringEquals", TAGS, "a", None, "A"),
        ("ForAllValues:StringEquals", TAGS, "a", [], "A"),
        ("ForAnyValue:StringEquals", TAGS, "a", None, "I"),
        ("ForAnyValue:StringNotEquals", TAGS, "a", None, "I"),
        ("Null", TAGS, "true", None, "A"),
        ("Null", TAGS, True, None, "A"),
        ("Null", TAGS, "false", None, "I"),
        ("Null", TAGS, "false", "a", "A"),
        # several values sent
        ("ForAllValues:StringEquals", TAGS, "a", ["a", "b"], "I"),
        ("ForAllValues:StringLike", TAGS, "a*", ["a", "ab"], "A"),
        ("ForAllValues:StringNotEquals", TAGS, "a", ["b", "c"], "A"),
        ("ForAllValues:StringNotEquals", TAGS, "a", ["a", "c"], "I"),
        ("ForAnyValue:StringNotEquals", TAGS, "a", ["a", "b"], "A"),
        ("ForAnyValue:StringNotEquals", TAGS, "a", ["a"], "I"),
        ("foranyvalue:stringequals", "AWS:tagkeys", "a", ["a", "b"], "A"),
        # text
        ("StringEquals", TEAM, "Ops", "ops", "I"),
        ("StringEquals", TEAM, "o*", "ops", "I"),
        ("StringEqualsIgnoreCase", TEAM, "Ops", "ops", "A"),
        ("StringNotEqualsIgnoreCase", TEAM, "Ops", "ops", "I"),
        ("StringLike", TEAM, ["x*", "o?s"], "ops", "A"),
        ("StringLike", TEAM, "ops?", "ops", "I"),
        ("StringLike", TEAM, "O*", "ops", "I"),
        ("StringNotLike", TEAM, ["x*", "o*"], "ops", "I"),
        # numbers
        ("NumericLessThan", KEYS, "10", "9", "A"),
        ("NumericLessThan", KEYS, "10", "100", "I"),
        ("NumericLessThanEquals", KEYS, 10, 10, "A"),
        ("NumericEquals", KEYS, ["5", "10.0"], "10", "A"),
        ("NumericGreaterThan", KEYS, "-1", "0", "A"),
        ("NumericEquals", KEYS, "ten", "ten", "I"),
        ("NumericEquals", KEYS, "1_0", "10", "I"),
        # dates
        ("DateGreaterThan", NOW, "2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "A"),
        ("DateEquals", NOW, "2026-01-01T02:00:00+02:00", "2026-01-01T00:00:00Z", "A"),
        ("DateGreaterThan", NOW, "1767225600", "2026-06-01T00:00:00Z", "A"),
        ("DateLessThan", "aws:EpochTime", "2026-07-01T00:00:00Z", "1767225600", "A"),
        ("NumericLessThan", "aws:EpochTime", "1767225601", "1767225600", "A"),
        ("DateLessThanEquals", NOW, "2026-01-01", "2026-01-01T00:00:00Z", "A"),
        ("DateLessThan", NOW, "2026-01-01T00:00:00.500Z", "2026-01-01T00:00:00Z", "A"),
        # addresses
        ("IpAddress", IP, "203.0.113.77/24", "203.0.113.9", "A"),
        ("IpAddress", IP, "203.0.113.9", "203.0.113.9", "A"),
        ("IpAddress", IP, "203.0.113.0/24", "203.0.114.9", "I"),
        ("IpAddress", IP, "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", "A"),
        ("IpAddress", IP, "2001:db8::1", "2001:0db8:0:0:0:0:0:1", "A"),
        ("IpAddress", IP, "0.0.0.0/0", "2001:db8::1", "I"),
        ("NotIpAddress", IP, ["10.0.0.0/8", "203.0.113.0/24"], "203.0.113.1", "I"),
        # binaries, ARNs
        ("BinaryEquals", "x:key", "QmluYXJ5VmFsdWU=", "QmluYXJ5VmFsdWU=", "A"),
        ("BinaryEquals", "x:key", "QmluYXJ5VmFsdWU=", "QmluYXJ5VmFsdWE=", "I"),
        ("ArnLike", ARN, "arn:aws:sns:*:345612340987:t*", TOPIC, "A"),
        ("ArnEquals", ARN, "arn:aws:sns:*:345612340987:t*", TOPIC, "A"),
        ("ArnLike", ARN, "arn:aws:sns:*:topic", TOPIC, "I"),
        ("StringLike", ARN, "arn:aws:sns:*:topic", TOPIC, "A"),
        ("StringEquals", ARN, "arn:aws:sns:*:345612340987:topic", TOPIC, "I"),
        ("ArnLike", ARN, "arn:aws:logs:*:*:log-group:*", "arn:aws:logs:eu-west-1:1:log-group:x:*", "A"),
        # variables
        ("StringEquals", TEAM, "${aws:username}", "anna", "A"),
        ("StringLike", TEAM, "a${*}b", "a*b", "A"),
        ("StringLike", TEAM, "a${*}b", "axb", "I"),
        ("StringLike", TEAM, "a${?}", "a?", "A"),
        ("StringLike", TEAM, "a${?}", "ab", "I"),
        ("StringEquals", TEAM, "${$}5", "$5", "A"),
        ("StringEquals", TEAM, "${aws:PrincipalTag/none, 'other'}", "other", "A"),
        ("StringEquals", TEAM, "${aws:PrincipalTag/none}", "other", "I"),
        ("StringNotEquals", TEAM, "${aws:PrincipalTag/none}", "other", "A"),
        ("ArnLike", ARN, "arn:aws:iam::${aws:PrincipalAccount}:role/x", f"arn:aws:iam::{ACCOUNT}:role/x", "A"),
        ("NumericEquals", "aws:MultiFactorAuthAge", "${aws:EpochTime}", "5", "I"),
        ("IpAddress", IP, "${aws:PrincipalTag/ip, '10.0.0.1'}", "10.0.0.1", "I"),
    ],
)
def test_conditions(operator: str, key: str, wanted: Any, sent: Any, expected: str) -> None:
    known = {} if sent is None else {key: sent, "aws:EpochTime": "5"} if "Age" in key else {key: sent}
    assert ask(ANNA, known=known, identity=[allow("s3:GetObject", Condition={operator: {key: wanted}})]) == expected


@pytest.mark.parametrize(
    ("who", "key", "value"),
    [
        (ROOT, "aws:PrincipalType", "Account"),
        (ROOT, "aws:userid", ACCOUNT),
        (ANNA, "aws:PrincipalType", "User"),
        (ANNA, "aws:username", "anna"),
        (ANNA, "aws:PrincipalArn", ANNA),
        (SESSION, "aws:PrincipalType", "AssumedRole"),
        (SESSION, "aws:PrincipalArn", ROLE),
        (SESSION, "aws:PrincipalAccount", ACCOUNT),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/fe", "aws:PrincipalType", "FederatedUser"),
        (f"arn:aws:sts::{ACCOUNT}:federated-user/fe", "aws:userid", f"{ACCOUNT}:fe"),
        ("*", "aws:PrincipalType", "Anonymous"),
        ("*", "aws:userid", "anonymous"),
        ("cloudtrail.amazonaws.com", "aws:PrincipalServiceName", "cloudtrail.amazonaws.com"),
    ],
)
def test_what_aws_says_of_a_caller(who: str, key: str, value: str) -> None:
    def refusing(wanted: str) -> dict[str, Any]:
        deny_it = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
        return document(*opened("*")["Statement"], deny_it | {"Condition": {"StringEquals": {key: wanted}}})

    assert (ask(who, by=refusing(value)), ask(who, by=refusing("other"))) == ("E", "A")


def test_a_session_is_no_user_and_its_arn_is_its_roles() -> None:
    assert ask(SESSION, identity=[allow("s3:*", Condition={"StringLike": {"aws:username": "*"}})]) == "I"
    by_session = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/*"}}
    assert ask(SESSION, identity=[allow("s3:*", Condition=by_session)]) == "I"
    but_for = {"ArnNotLike": {"aws:PrincipalArn": [ROLE, "arn:aws:iam::*:role/b"]}}
    assert ask(SESSION, identity=[allow("*"), deny("*", Condition=but_for)]) == "A"


HOME = "arn:aws:s3:::b/${aws:username}"


@pytest.mark.parametrize(
    ("who", "resource", "pattern", "version", "expected"),
    [
        (ANNA, "arn:aws:s3:::b/anna", HOME, "2012-10-17", "A"),
        (ANNA, "arn:aws:s3:::b/anna", HOME.upper().replace("ARN:AWS:S3:::B", "arn:aws:s3:::b"), "2012-10-17", "A"),
        (ANNA, "arn:aws:s3:::b/anna", HOME, "2008-10-17", "I"),
        (ANNA, "arn:aws:s3:::b/anna", HOME, None, "I"),
        (ANNA, HOME, HOME, "2008-10-17", "A"),
        (ROLE, "arn:aws:s3:::b/anna", HOME, "2012-10-17", "I"),
        (ROLE, "arn:aws:s3:::b/nobody", "arn:aws:s3:::b/${aws:username, 'nobody'}", "2012-10-17", "A"),
        (ANNA, "arn:aws:s3:::B/anna", "arn:aws:s3:::b/*", "2012-10-17", "I"),
        (ANNA, "arn:aws-cn:s3:::b/anna", "arn:aws:s3:::b/*", "2012-10-17", "I"),
        (ANNA, "arn:aws:s3:::b/anna", "arn:aws:s3:::b", "2012-10-17", "I"),
        (ANNA, "arn:aws:s3:::b/anna", "arn:aws:s3:::b*", "2012-10-17", "A"),
    ],
)
def test_resources(who: str, resource: str, pattern: str, version: str | None, expected: str) -> None:
    source = allow("S3:getobject", pattern) | {"Version": version}
    assert ask(who, resource=resource, identity=[{k: v for k, v in source.items() if v}]) == expected


def test_a_tag_that_holds_a_star_is_that_star() -> None:
    pattern = allow("s3:GetObject", "arn:aws:s3:::b/${aws:PrincipalTag/p}")
    assert ask(ANNA, known={"aws:PrincipalTag/p": "*"}, identity=[pattern]) == "I"


def opened(principal: Any, action: str = "s3:GetObject", **more: Any) -> dict[str, Any]:
    return document({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more})


def spared(principal: Any) -> dict[str, Any]:
    """Everybody may, but a Deny spares only these."""
    return document(
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"},
        {"Effect": "Deny", "NotPrincipal": principal, "Action": "s3:*", "Resource": "*"},
    )


GET, NONE, ALL = allow("s3:*"), allow("ec2:*"), allow("*")


@pytest.mark.parametrize(
    ("who", "principal", "layers", "expected"),
    [
        (ANNA, {"AWS": ANNA}, {}, "A"),
        (ANNA, {"AWS": ANNA}, {"boundary": NONE}, "A"),
        (ANNA, {"AWS": ANNA}, {"boundary": deny("s3:*")}, "E"),
        (ANNA, {"AWS": ANNA}, {"scp": [[NONE]]}, "I"),
        (ANNA, {"AWS": ACCOUNT}, {}, "I"),
        (ANNA, {"AWS": ACCOUNT}, {"identity": [GET]}, "A"),
        (SESSION, {"AWS": ROLE}, {}, "A"),
        (SESSION, {"AWS": ROLE}, {"boundary": NONE}, "I"),
        (SESSION, {"AWS": ROLE}, {"session": [NONE]}, "I"),
        (SESSION, {"AWS": ROLE}, {"session": [NONE, GET]}, "A"),
        (SESSION, {"AWS": SESSION}, {"boundary": NONE, "session": [NONE]}, "A"),
        (SESSION, {"AWS": SESSION.replace("s1", "s2")}, {}, "I"),
        (SESSION, {"AWS": f"arn:aws:iam::{ACCOUNT}:role/team/app"}, {}, "A"),
        (ROLE, {"AWS": SESSION}, {}, "D"),  # some session of the role
        (GUEST, {"AWS": GUEST}, {}, "I"),
        (GUEST, {"AWS": OTHER}, {"identity": [GET]}, "A"),
        (GUEST, {"AWS": ANNA}, {"identity": [GET]}, "I"),
        (GUEST, {"AWS": GUEST}, {"identity": [GET], "scp": [[ALL, deny("s3:*")]]}, "E"),
        ("*", "*", {}, "A"),
        ("*", {"AWS": "*"}, {}, "A"),
        ("*", {"AWS": ACCOUNT}, {}, "I"),
        ("lambda.amazonaws.com", {"Service": "lambda.amazonaws.com"}, {}, "A"),
        ("ec2.amazonaws.com", {"Service": "lambda.amazonaws.com"}, {}, "I"),
    ],
)
def test_principals_of_a_resource(who: str, principal: Any, layers: dict[str, Any], expected: str) -> None:
    assert ask(who, by=opened(principal), **layers) == expected


@pytest.mark.parametrize(
    ("who", "principal", "expected"),
    [
        (ANNA, {"AWS": [ANNA, ROOT]}, "A"),
        (BOB, {"AWS": [ANNA, ROOT]}, "E"),
        (ROOT, {"AWS": [ANNA, ROOT]}, "A"),
        (SESSION, {"AWS": [SESSION, ROLE, ROOT]}, "A"),
        (GUEST, {"AWS": [ANNA, ROOT]}, "E"),
        ("*", {"AWS": [ANNA, ROOT]}, "E"),
        ("cloudtrail.amazonaws.com", {"AWS": [ANNA, ROOT]}, "E"),
        ("cloudtrail.amazonaws.com", {"Service": "cloudtrail.amazonaws.com"}, "A"),
    ],
)
def test_a_deny_but_for_some(who: str, principal: Any, expected: str) -> None:
    assert ask(who, by=spared(principal), identity=[GET]) == expected


@pytest.mark.parametrize(
    ("who", "layers", "expected"),
    [
        (ANNA, {"identity": [GET], "boundary": NONE}, "I"),
        (ANNA, {"identity": [NONE], "boundary": GET}, "I"),
        (SESSION, {"identity": [GET], "session": []}, "I"),
        (SESSION, {"identity": [GET], "session": [NONE, GET]}, "A"),
        (SESSION, {"identity": [NONE], "session": [GET]}, "I"),
        (ROOT, {}, "A"),
        (ROOT, {"scp": [[ALL, deny("*")]]}, "E"),
        (ANNA, {"identity": [GET], "scp": [[ALL], []]}, "I"),
        (ANNA, {"identity": [GET], "scp": [[deny("*")]], "management_account": ACCOUNT}, "A"),
        (LINKED, {"identity": [GET], "scp": [[deny("*")]]}, "A"),
    ],
)
def test_limits(who: str, layers: dict[str, Any], expected: str) -> None:
    assert ask(who, **layers) == expected


def rcp(action: str) -> list[Any]:
    return [[document({"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*"})]]


@pytest.mark.parametrize(
    ("who", "action", "resource", "denied", "expected"),
    [
        (ROOT, "s3:GetObject", "arn:aws:s3:::b/k", "s3:*", "E"),
        (ANNA, "s3:GetObject", "arn:aws:s3:::b/k", "*", "E"),
        (LINKED, "s3:GetObject", "arn:aws:s3:::b/k", "s3:*", "A"),
        (ANNA, "ec2:RunInstances", "*", "ec2:*", "A"),
        (ANNA, "kms:Decrypt", KEY, "kms:*", "E"),
        (ANNA, "kms:RetireGrant", KEY, "*", "A"),
    ],
)
def test_what_rcps_bind(who: str, action: str, resource: str, denied: str, expected: str) -> None:
    assert ask(who, action, resource, identity=[ALL], rcp=rcp(denied)) == expected


def trusting(principal: Any, action: str = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


@pytest.mark.parametrize(
    ("who", "principal", "identity", "expected"),
    [
        (ANNA, {"AWS": ROOT}, allow("sts:AssumeRole"), "A"),
        (ANNA, {"AWS": ROOT}, NONE, "I"),
        (ANNA, {"AWS": ANNA}, NONE, "A"),
        (ANNA, {"AWS": ANNA}, deny("sts:*"), "E"),
        (ANNA, {"AWS": BOB}, ALL, "I"),
        (ANNA, {"Service": "ec2.amazonaws.com"}, ALL, "I"),
        (GUEST, {"AWS": GUEST}, NONE, "I"),
        (GUEST, {"AWS": GUEST}, allow("sts:AssumeRole"), "A"),
    ],
)
def test_role_trust(who: str, principal: Any, identity: Any, expected: str) -> None:
    assert ask(who, "sts:AssumeRole", TARGET, by=trusting(principal), kind="trust", identity=[identity]) == expected


@pytest.mark.parametrize(
    ("who", "action", "key", "wanted", "sent", "expected"),
    [
        (SAML, "sts:AssumeRoleWithSAML", "SAML:aud", "https://signin.aws.amazon.com/saml", "same", "A"),
        (SAML, "sts:AssumeRoleWithSAML", "saml:aud", "https://signin.aws.amazon.com/saml", "urn:other", "I"),
        (SAML, "sts:AssumeRole", "SAML:aud", "https://signin.aws.amazon.com/saml", "same", "I"),
        (PROVIDER, "sts:AssumeRoleWithWebIdentity", f"{GITHUB}:sub", "repo:o/r:*", "repo:o/r:ref:refs/heads/main", "A"),
        (PROVIDER, "sts:AssumeRoleWithWebIdentity", f"{GITHUB}:sub", "repo:o/r:*", "repo:o/x:ref:refs/heads/main", "I"),
    ],
)
def test_federation(who: str, action: str, key: str, wanted: str, sent: str, expected: str) -> None:
    allowed = "sts:AssumeRoleWithSAML" if who == SAML else action
    trust = trusting({"Federated": who}, allowed, Condition={"StringLike": {key: wanted}})
    known = {key: wanted if sent == "same" else sent}
    assert ask(who, action, TARGET, known, by=trust, kind="trust") == expected


def test_a_key_needs_its_own_policy() -> None:
    by_account, by_role = (opened({"AWS": one}, "kms:*") for one in (ROOT, ROLE))
    assert ask(ANNA, "kms:Decrypt", KEY, by=by_account, identity=[allow("kms:*")]) == "A"
    assert ask(ANNA, "kms:Decrypt", KEY, by=by_role, identity=[allow("kms:*")]) == "I"
