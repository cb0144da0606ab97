"""Shared issuers of web identity, each with the claim that tells its customers apart, and who gets in elsewhere."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from pipeline.policy import Policy, Tri, outsiders, parse, public, trust_facts
from pipeline.policy.oidc import grade, pins_tenant
from pipeline.policy.oidc_issuers import is_private, shared_issuers
from pipeline.policy.oidc_subjects import Pin
from tests.pipeline.policy.support import ACCOUNT, CASES, INSIDE, document, load

ASKED = [one for one in load("policy_cases_2.json") if one["kind"] in ("trust", "resource")]
SAMPLE = json.loads((CASES / "guardrails/rcp/Shared-Issuers.json").read_text("utf-8"))["Statement"]
PINNED = {
    key: value if isinstance(value, str) else value[0]
    for statement in SAMPLE
    for operator, block in statement["Condition"].items()
    for key, value in block.items()
    if operator.startswith("String")
}


@pytest.mark.parametrize("case", ASKED, ids=[case["id"] for case in ASKED])
def test_case(case: dict[str, Any]) -> None:
    for check in case["machine_checks"]:
        if check["ask"] == "public":
            found = public(Policy.read("bucket", case["policy"], "resource"), INSIDE) is Tri.YES
            assert found is (check["expected"] == "yes"), case["why"]
            continue
        (fact,) = trust_facts(parse(case["policy"], "trust"), INSIDE)
        if check["ask"] == "oidc_grade":
            assert fact.oidc_grade == check["expected"], case["why"]
        else:
            assert check["ask"] == "stranger_workflow"
            assert fact.pins_tenant is (check["expected"] == "no"), case["why"]


@pytest.mark.parametrize(
    ("condition", "is_public"),
    [
        ({"StringEquals": {"s3:ExistingObjectTag/public": "yes"}}, True),
        ({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}, True),
        ({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}, "StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}}, False),
        ({"ArnLike": {"aws:SourceVpcArn": f"arn:aws:ec2:*:{ACCOUNT}:vpc/*"}}, False),
        ({"ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:*:vpc/vpc-1a2b3c4d"}}, True),
        ({"StringLike": {"aws:VpceOrgID": "o-*"}}, True),
        ({"StringLike": {"aws:VpceAccount": "*"}}, True),
        ({"ForAnyValue:StringLike": {"aws:VpceOrgPaths": "o-z9y8x7w6v5/*"}}, False),
        ({"ForAnyValue:StringLike": {"aws:VpceOrgPaths": "o-*/r-ab12/*"}}, True),
        ({"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "8000::/1"]}}, True),
        ({"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": f"arn:aws:kms::{ACCOUNT}:key/a"}}, False),
    ],
)
def test_a_condition_is_a_limit_if_no_stranger_can_meet_it(condition: dict[str, Any], is_public: bool) -> None:
    action = "s3:PutObject" if "kms" in json.dumps(condition) else "s3:GetObject"
    allowed = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "arn:aws:s3:::vault/*"}
    policy = Policy.read("bucket", document(allowed | {"Condition": condition}), "resource")
    assert (public(policy, INSIDE) is Tri.YES) is is_public


@pytest.mark.parametrize("key", sorted(PINNED))
def test_the_sample_of_aws_agrees(key: str) -> None:
    issuer, _, claim = key.rpartition(":")
    assert issuer in shared_issuers()
    value = re.sub(r"<[^>]*>", "acme", PINNED[key])
    is_pattern = "*" in value
    assert pins_tenant(issuer, [Pin(claim, (value,), is_pattern)])
    assert not pins_tenant(issuer, [Pin(claim, (value, value.replace("acme", "*").replace("123456", "*")))])
    assert not pins_tenant(issuer, [Pin(claim, ("*",))])
    assert not pins_tenant(issuer, [])


@pytest.mark.parametrize("issuer", sorted(shared_issuers()))
def test_a_shared_issuer_without_its_customer_is_open(issuer: str) -> None:
    shared = shared_issuers()[issuer]
    other = Pin("email", ("a@example.com",))
    for claim, _ in shared.tenant:
        found = grade(issuer, [Pin(claim, ("*",)), other])
        assert found.grade.name == "DANGEROUS", found.reason
    assert shared.tenant


@pytest.mark.parametrize(
    ("issuer", "claim", "value", "tenant"),
    [
        ("agent.buildkite.com", "sub", "organization:acme:pipeline:*", True),
        ("agent.buildkite.com", "sub", "organization:ac*:pipeline:deploy", False),
        ("agent.buildkite.com", "aud", "sts.amazonaws.com", False),
        ("api.pulumi.com/oidc", "sub", "pulumi:deploy:org:acme:*", True),
        ("api.pulumi.com/oidc", "sub", "pulumi:deploy:org:*", False),
        ("oidc.vercel.com", "aud", "https://vercel.com/acme", True),
        ("acme.app.spacelift.io", "aud", "acme.app.spacelift.io", True),
        ("accounts.google.com", "sub", "110248495921238986420", True),
        ("accounts.google.com", "sub", "1102*", False),
        ("oidc.vercel.com/acme", "sub", "owner:acme:project:*", True),
        ("token.actions.githubusercontent.com", "sub", "repo:acme*", False),
        ("token.actions.githubusercontent.com/acme", "aud", "sts.amazonaws.com", True),
        ("token.actions.acme.ghe.com", "aud", "sts.amazonaws.com", True),
        ("scalr.io", "sub", "account:*:environment:prod", False),
        ("issuer.nobody-knows.example", "sub", "organization:*:pipeline:deploy:*", False),
        ("issuer.nobody-knows.example", "sub", "organization:acme:*", True),
        ("issuer.nobody-knows.example", "sub", "x*", False),
        ("issuer.nobody-knows.example", "sub", "robot-1", True),
    ],
)
def test_tenants(issuer: str, claim: str, value: str, tenant: bool) -> None:
    assert pins_tenant(issuer, [Pin(claim, (value,), "*" in value)]) is tenant


def test_private_issuers() -> None:
    assert is_private("oidc.eks.eu-west-1.amazonaws.com/id/ABC")
    assert is_private("oidc.eks.cn-north-1.amazonaws.com.cn/id/ABC")
    assert not any(is_private(one) for one in shared_issuers())


def service_trust(operator: str, value: str) -> Policy:
    one = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return Policy.read("trust", document({**one, "Condition": {operator: {"aws:SourceArn": value}}}), "trust")


@pytest.mark.parametrize("operator", ["ArnLike", "ArnEquals", "StringLike"])
@pytest.mark.parametrize(
    ("pattern", "is_open"),
    [
        (f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:*", False),
        (f"arn:aws:states:*:{ACCOUNT}:stateMachine:*", False),
        (f"arn:aws:states:us-east-1:{ACCOUNT}:*", False),
        (f"arn:aws:*:*:{ACCOUNT}:*", False),
        (f"arn:*:states:us-east-1:{ACCOUNT}:stateMachine:one", False),
        ("arn:aws:states:us-east-1:*:stateMachine:*", True),
        ("arn:aws:states:*:*:stateMachine:one", True),
        ("arn:aws:*:*:*:*", True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::our-bucket", False),
        (f"arn:aws:states:us-east-1:{ACCOUNT[:-1]}?:stateMachine:one", True),
    ],
)
def test_an_arn_is_read_by_field(operator: str, pattern: str, is_open: bool) -> None:
    assert bool(outsiders(service_trust(operator, pattern), INSIDE)) is is_open


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, Tri.YES),
        ({"NotIpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}, Tri.YES),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, Tri.DEPENDS),
        ({"StringLike": {"aws:SourceVpc": "vpc-*"}}, Tri.YES),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, Tri.DEPENDS),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, Tri.YES),
        ({"Bool": {"aws:PrincipalIsAWSService": "false"}}, Tri.YES),
        ({"StringEquals": {"lambda:EventSourceToken": "secret"}}, Tri.DEPENDS),
        ({"ArnLike": {"s3:DataAccessPointArn": f"arn:aws:s3:*:{ACCOUNT}:accesspoint/*"}}, Tri.NO),
        ({"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:*:accesspoint/*"}}, Tri.YES),
    ],
)
def test_what_keeps_the_world_out(condition: Any, expected: Tri) -> None:
    one = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}
    bucket = Policy.read("bucket", document({**one, "Condition": condition}), "resource")
    assert public(bucket, INSIDE) is expected
