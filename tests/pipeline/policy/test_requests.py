"""Requests on the corners of the language, each as AWS's page has it: cases of policy_cases_2.json and
condition_keys.json, and their siblings.
"""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.policy import (
    Context,
    Decision,
    Policies,
    Policy,
    Principal,
    Request,
    Tri,
    Verdict,
    can,
    evaluate,
    is_admin,
)
from pipeline.policy.callers import caller
from pipeline.policy.principal import NOT_READ
from tests.pipeline.policy.support import (
    ACCOUNT,
    ADMIN,
    OTHER,
    allow,
    deny,
    document,
    load,
    policies,
    principal,
    statement,
)

CASES = [one for one in load("policy_cases_2.json") if "action" in one["machine_checks"][0]]
KEYS = load("condition_keys.json")["request"]
ME = f"arn:aws:iam::{ACCOUNT}:user/worker"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
IAM = f"arn:aws:iam::{ACCOUNT}"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234"


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case(case: dict[str, Any]) -> None:
    policy = case["policy"]
    layers = policy if "identity_policies" in policy else {"identity_policies": [policy]}
    resource = Policy.read("resource", layers["resource_policy"], "resource") if "resource_policy" in layers else None
    boundary = Policy.read("boundary", layers["permissions_boundary"]) if "permissions_boundary" in layers else None
    for check in case["machine_checks"]:
        request = Request.of(check["principal"], check["action"], check["resource"], check["context"])
        held = Policies(policies(*layers["identity_policies"]), boundary, resource=resource)
        assert evaluate(request, held).verdict == check["expected"], case["why"]


@pytest.mark.parametrize("case", KEYS, ids=[case["id"] for case in KEYS])
def test_key(case: dict[str, Any]) -> None:
    boundary = Policy.read("boundary", case["boundary"]) if "boundary" in case else None
    resource = Policy.read("resource", case["resource_policy"], "resource") if "resource_policy" in case else None
    held = policies(case["policy"]) if case["policy"] else ()
    who = Principal("arn:aws:iam::111122223333:role/app", held, boundary)
    owner = case.get("resource_account", "")
    found = can(who, case["action"], case["resource"], case["context"], resource, account=owner)
    assert {"allowed": Tri.YES, "depends": Tri.DEPENDS, "denied": Tri.NO}[case["expected"]] is _answer(found)


def _answer(decision: Decision) -> Tri:
    return {Verdict.ALLOWED: Tri.YES, Verdict.DEPENDS: Tri.DEPENDS}.get(decision.verdict, Tri.NO)


# -- variables


@pytest.mark.parametrize(
    ("pattern", "is_covered"),
    [
        ("arn:aws:iam::${aws:PrincipalAccount}:role/app", False),
        ("arn:${aws:PrincipalTag/p}:iam::" + ACCOUNT + ":role/app", False),
        ("arn:aws:${aws:PrincipalTag/s, 'iam'}::" + ACCOUNT + ":role/app", False),
        ("arn:aws:iam::${*}:role/app", False),
        (f"arn:aws:iam::{ACCOUNT}:role/${{aws:PrincipalTag/app}}", True),
        (f"arn:aws:iam::{ACCOUNT}:${{aws:PrincipalTag/none, 'role'}}/app", True),
        ("arn:aws:iam::*:role/${aws:PrincipalTag/app}", True),
    ],
)
def test_variables_stand_behind_the_fifth_colon_only(pattern: str, is_covered: bool) -> None:
    known = {"aws:PrincipalTag/app": "app", "aws:PrincipalTag/p": "aws"}
    request = Request.of(ME, "iam:GetRole", f"{IAM}:role/app", known)
    assert (evaluate(request, Policies(policies(allow("iam:GetRole", pattern)))).verdict == "Allowed") is is_covered
    spared = document(statement("Allow", "*"), {"Effect": "Deny", "Action": "iam:*", "NotResource": pattern})
    assert (evaluate(request, Policies(policies(spared))).verdict == "Allowed") is is_covered
    open_request = Request.of(ME, "iam:GetRole", f"{IAM}:role/app", Context.of({}, complete=False))
    verdict = evaluate(open_request, Policies(policies(allow("iam:GetRole", pattern)))).verdict
    assert (verdict is not Verdict.IMPLICITLY_DENIED) is is_covered


# -- what no policy decides


@pytest.mark.parametrize("who", [ME, ROLE, f"{IAM}:root", f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s"])
def test_every_identity_may_ask_who_it_is(who: str) -> None:
    closed = Policies(policies(deny("*")), boundary=policies(deny("*"))[0], scp_levels=[policies(deny("*"))])
    assert evaluate(Request.of(who, "STS:getcalleridentity", "*"), closed).verdict == "Allowed"
    assert evaluate(Request.of(who, "sts:AssumeRole", "*"), closed).verdict == "ExplicitlyDenied"
    assert evaluate(Request.of("*", "sts:GetCallerIdentity", "*"), closed).verdict != "Allowed"


@pytest.mark.parametrize(
    ("action", "resource", "is_kept"),
    [
        ("iam:CreatePolicyVersion", "arn:aws:iam::aws:policy/ReadOnlyAccess", True),
        ("iam:DeletePolicy", "arn:aws-us-gov:iam::aws:policy/job-function/ViewOnlyAccess", True),
        ("iam:TagPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", True),
        ("iam:GetPolicyVersion", "arn:aws:iam::aws:policy/ReadOnlyAccess", False),
        ("iam:CreatePolicyVersion", f"{IAM}:policy/aws/ReadOnlyAccess", False),
        ("iam:UpdateAssumeRolePolicy", f"{IAM}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_0123", True),
        ("iam:CreateRole", f"{IAM}:role/aws-reserved/sso.amazonaws.com/mine", True),
        ("iam:PassRole", f"{IAM}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_0123", True),
        ("iam:GetRole", f"{IAM}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_0123", False),
        ("iam:AttachRolePolicy", f"{IAM}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", True),
        ("iam:DeleteServiceLinkedRole", f"{IAM}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", False),
        ("iam:CreateServiceLinkedRole", f"{IAM}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX", False),
        ("iam:DeleteRole", f"{IAM}:role/service-role/mine", False),
        ("kms:UpdateAlias", f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/aws/s3", True),
        ("kms:CreateAlias", f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/mine", False),
    ],
)
def test_what_aws_owns_nobody_changes(action: str, resource: str, is_kept: bool) -> None:
    decision = evaluate(Request.of(ROLE, action, resource), Policies(policies(ADMIN)))
    assert (decision.verdict == "ImplicitlyDenied") is is_kept
    assert decision.verdict == "Allowed" or "only AWS changes" in decision.reason
    own = f"{IAM}:role/aws-service-role/sso.amazonaws.com/AWSServiceRoleForSSO"
    assert evaluate(Request.of(own, action, resource), Policies(policies(ADMIN))).verdict == "Allowed"


# -- how a resource policy names its caller


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"ArnEquals": {"aws:PrincipalArn": ROLE}}, "Allowed"),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}, "Allowed"),
        ({"StringLike": {"AWS:principalarn": f"{IAM}:role/*"}}, "Allowed"),
        ({"ArnEquals": {"aws:PrincipalArn": f"{IAM}:role/other"}}, "ImplicitlyDenied"),
        ({"ArnNotEquals": {"aws:PrincipalArn": f"{IAM}:role/other"}}, "Depends"),
        ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, "Depends"),
        ({}, "Depends"),
    ],
)
@pytest.mark.parametrize("layer", ["boundary", "session"])
def test_a_star_with_the_arn_beside_it_passes_limits(condition: Any, expected: str, layer: str) -> None:
    source = document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:*", "Resource": "*"})
    source["Statement"][0] |= {"Condition": condition} if condition else {}
    nothing = policies(allow("ec2:*"))
    limit = Policies(resource=Policy.read("bucket", source, "resource"), boundary=nothing[0])
    if layer == "session":
        limit = Policies(resource=Policy.read("bucket", source, "resource"), session=nothing)
    request = Request.of(ROLE, "s3:GetObject", "arn:aws:s3:::b/k", {}, ACCOUNT)
    assert evaluate(request, limit).verdict == expected


def test_not_principal_spares_nobody_who_has_a_boundary() -> None:
    def ask(who: str, *listed: str, **layers: Any) -> str:
        one = {"Effect": "Deny", "NotPrincipal": {"AWS": list(listed)}, "Action": "s3:*", "Resource": "*"}
        bucket = Policy.read("bucket", document(one), "resource")
        request = Request.of(who, "s3:GetObject", "arn:aws:s3:::b/k", {}, ACCOUNT)
        return evaluate(request, Policies(policies(ADMIN), resource=bucket, **layers)).verdict

    wide = policies(ADMIN)[0]
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s"
    assert ask(ME, ME, f"{IAM}:root") == "Allowed"
    assert ask(ME, ME, f"{IAM}:root", boundary=wide) == "ExplicitlyDenied"
    assert ask(session, session, ROLE, f"{IAM}:root", boundary=wide) == "ExplicitlyDenied"
    assert ask(session, session, ROLE, f"{IAM}:root", session=[wide]) == "Allowed"
    assert ask(f"{IAM}:root", f"{IAM}:root", boundary=wide) == "Allowed"


def test_a_federated_user_has_what_its_session_policy_gives() -> None:
    bob = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"

    def ask(**layers: Any) -> str:
        request = Request.of(bob, "s3:GetObject", "arn:aws:s3:::b/k", {}, ACCOUNT)
        return evaluate(request, Policies(policies(ADMIN), **layers)).verdict

    named = document({"Effect": "Allow", "Principal": {"AWS": bob}, "Action": "s3:*", "Resource": "*"})
    assert ask() == "ImplicitlyDenied"
    assert ask(session=policies(allow("s3:*"))) == "Allowed"
    assert ask(session=policies(allow("ec2:*"))) == "ImplicitlyDenied"
    assert ask(resource=Policy.read("bucket", named, "resource")) == "Allowed"


# -- whose the resource is


def test_a_bucket_is_not_taken_for_the_callers_own() -> None:
    who = principal(ADMIN, kind="role")
    bucket, queue = "arn:aws:s3:::somebodys/x", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"
    assert can(who, "s3:GetObject", bucket).verdict == "Depends"
    assert can(who, "s3:GetObject", bucket, account=ACCOUNT).verdict == "Allowed"
    assert can(who, "s3:GetObject", bucket, account=OTHER).verdict == "Depends"
    assert can(who, "s3:ListAllMyBuckets", "*").verdict == "Allowed"
    assert can(who, "sqs:SendMessage", queue).verdict == "Allowed"
    assert can(principal(deny("s3:*")), "s3:GetObject", bucket).verdict == "ExplicitlyDenied"
    assert can(principal(), "s3:GetObject", bucket).verdict == "ImplicitlyDenied"


def test_a_policy_that_was_not_read_decides_nothing() -> None:
    who = principal(ADMIN, kind="role")
    assert can(who, "kms:Decrypt", KEY).verdict == "Allowed"
    assert can(who, "kms:Decrypt", KEY, resource_policy=NOT_READ).verdict == "Depends"
    assert can(who, "sts:AssumeRole", f"{IAM}:role/x", resource_policy=NOT_READ).verdict == "Depends"
    assert can(principal(deny("kms:*")), "kms:Decrypt", KEY, resource_policy=NOT_READ).verdict == "ExplicitlyDenied"


# -- what is certain of a caller's requests


def conditioned(operator: str, key: str, value: Any) -> Any:
    return allow("*", Condition={operator: {key: value}})


@pytest.mark.parametrize(
    ("kind", "operator", "key", "value", "expected"),
    [
        ("role", "DateGreaterThan", "aws:TokenIssueTime", "2020-01-01T00:00:00Z", Tri.YES),
        ("role", "DateLessThan", "aws:TokenIssueTime", "2020-01-01T00:00:00Z", Tri.NO),
        ("role", "Null", "aws:TokenIssueTime", "false", Tri.YES),
        ("user", "Null", "aws:TokenIssueTime", "false", Tri.DEPENDS),
        ("role", "DateGreaterThan", "aws:TokenIssueTime", "2026-10-31T12:00:00Z", Tri.DEPENDS),
        ("user", "StringEquals", "aws:SourceIdentity", "x", Tri.NO),
        ("role", "StringEquals", "aws:SourceIdentity", "x", Tri.DEPENDS),
        ("user", "StringEquals", "aws:FederatedProvider", "x", Tri.NO),
        ("user", "Null", "aws:SourceIdentity", "true", Tri.YES),
        ("role", "Null", "aws:username", "true", Tri.YES),
        ("user", "Null", "aws:userid", "false", Tri.YES),
    ],
)
def test_what_users_and_roles_always_or_never_send(
    kind: str, operator: str, key: str, value: str, expected: Tri
) -> None:
    assert is_admin(principal(conditioned(operator, key, value), kind=kind)).verdict is expected


@pytest.mark.parametrize(
    ("kind", "takes_session_tags", "team", "expected"),
    [
        ("user", True, "blue", Tri.YES),
        ("user", True, "red", Tri.NO),
        ("user", True, None, Tri.NO),
        ("role", False, "blue", Tri.YES),
        ("role", False, None, Tri.NO),
        ("role", True, "red", Tri.DEPENDS),
        ("role", True, None, Tri.DEPENDS),
    ],
)
def test_tags_that_no_session_changes(kind: str, takes_session_tags: bool, team: str | None, expected: Tri) -> None:
    tags = {"Team": team} if team else {}
    source = conditioned("StringEquals", "aws:PrincipalTag/team", "blue")
    who = principal(source, kind=kind, tags=tags, takes_session_tags=takes_session_tags)
    assert is_admin(who).verdict is expected
    assert is_admin(principal(source, kind=kind)).verdict is Tri.DEPENDS


def test_what_is_known_of_the_accounts_a_request_goes_to() -> None:
    perimeter = policies(deny("*", Condition={"StringNotEqualsIfExists": {"aws:ResourceOrgID": "o-own"}}), ADMIN)
    who = principal(
        ADMIN,
        kind="role",
        scp_levels=(perimeter,),
        places={ACCOUNT: {"aws:ResourceOrgID": "o-own"}, OTHER: {"aws:ResourceOrgID": "o-else"}},
    )
    assert is_admin(who).verdict is Tri.YES
    assert can(who, "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{OTHER}:q").verdict == "ExplicitlyDenied"
    assert can(who, "s3:GetObject", "arn:aws:s3:::b/k").verdict == "Depends"


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (f"arn:aws:ec2:eu-north-1:{ACCOUNT}:instance/*", "ImplicitlyDenied"),
        (f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/*", "Allowed"),
        (f"arn:aws:ec2:*:{ACCOUNT}:instance/*", "Depends"),
        (f"arn:aws:ec2:eusc-de-east-1:{ACCOUNT}:instance/*", "Depends"),
    ],
)
def test_the_region_of_the_arn_is_the_region_of_the_request(resource: str, expected: str) -> None:
    who = principal(conditioned("StringEquals", "aws:RequestedRegion", "eu-west-1"), kind="role")
    assert can(who, "ec2:TerminateInstances", resource).verdict == expected


@pytest.mark.parametrize(
    ("partition", "home"),
    [("aws", "us-east-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1"), ("aws-eusc", "eusc-de-east-1")],
)
def test_global_services_answer_from_the_partitions_home(partition: str, home: str) -> None:
    def ask(region: str) -> str:
        held = policies(conditioned("StringEquals", "aws:RequestedRegion", region))
        who = Principal(f"arn:{partition}:iam::{ACCOUNT}:role/app", held)
        return can(who, "iam:GetRole", f"arn:{partition}:iam::{ACCOUNT}:role/x").verdict

    assert ask(home) == "Allowed"
    assert ask("eu-west-1") == "ImplicitlyDenied"


@pytest.mark.parametrize("name", ["s3.amazonaws.com", "ec2.amazonaws.com.cn", "ec2.c2s.ic.gov", "ec2.amazonaws.eu"])
def test_services_of_every_partition_are_services(name: str) -> None:
    assert caller(name).kind == "service"


# -- keys with a placeholder


@pytest.mark.parametrize(
    ("action", "key", "is_carried"),
    [
        ("kms:Decrypt", "kms:EncryptionContext:aws:s3:arn", True),
        ("kms:CreateGrant", "kms:encryptioncontext:Tenant", True),
        ("kms:ListKeys", "kms:EncryptionContext:tenant", False),
        ("s3:PutObject", "s3:RequestObjectTag/team", True),
        ("s3:ListBucket", "s3:RequestObjectTag/team", False),
        ("events:PutEvents", "events:Metadata/source/Matcher", False),
        ("codebuild:CreateProject", "codebuild:secondarySources/a.location", True),
        ("rds:DeleteDBInstance", "rds:db-tag/team", True),
        ("ec2:RunInstances", "ec2:ResourceTag/team", True),
    ],
)
def test_keys_with_a_placeholder(action: str, key: str, is_carried: bool) -> None:
    found = can(principal(allow(action, Condition={"StringEquals": {key: "x"}}), kind="role"), action, "*")
    assert found.verdict == ("Depends" if is_carried else "ImplicitlyDenied")
    guarded = principal(document(statement("Allow", "*"), statement("Deny", "*", Condition={"Null": {key: "true"}})))
    assert can(guarded, action, "*").verdict == ("Depends" if is_carried else "ExplicitlyDenied")
