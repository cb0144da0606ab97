"""effective_admin.json, and the edges of what counts as an administrator."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.policy import Policy, Principal, Tri, aws_managed_policy, is_admin
from pipeline.policy.actions import services
from tests.pipeline.policy.support import (
    ACCOUNT,
    ADMIN,
    FULL_ACCESS,
    allow,
    deny,
    document,
    load,
    policies,
    principal,
    statement,
)

CASES = load("effective_admin.json")["principals"]


def _policy(index: int, attached: Any) -> Policy:
    if isinstance(attached, dict):
        return Policy.read(f"policy-{index}", attached)
    if attached.startswith("arn:"):
        return aws_managed_policy(attached)
    return Policy.read("services", allow(sorted(f"{service}:*" for service in services())))


@pytest.mark.parametrize("case", CASES, ids=[f"{case['principal_type']}-{case['case']}" for case in CASES])
def test_effective_admin(case: dict[str, Any]) -> None:
    boundary = case["permissions_boundary"]
    held = tuple(_policy(index, one) for index, one in enumerate(case["attached"]))
    arn = f"arn:aws:iam::{ACCOUNT}:{case['principal_type']}/worker"
    admin = is_admin(Principal(arn, held, Policy.read("boundary", boundary) if boundary else None))
    assert (admin.verdict is Tri.YES) is case["expected_is_admin"]


REGION = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
ROOT_ONLY = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}


@pytest.mark.parametrize(
    ("documents", "verdict", "level"),
    [
        ([ADMIN], Tri.YES, "full"),
        ([allow("iam:*")], Tri.YES, "equivalent"),
        ([allow("iam:*", "arn:aws:iam::*:*")], Tri.YES, "equivalent"),
        ([allow("iam:*", f"arn:aws:iam::{ACCOUNT}:role/app-*")], Tri.NO, "none"),
        ([ADMIN, deny("organizations:*")], Tri.YES, "equivalent"),
        ([ADMIN, deny("iam:*", f"arn:aws:iam::{ACCOUNT}:role/guarded-*")], Tri.YES, "full"),
        ([ADMIN, deny("iam:*", f"arn:aws:iam::{ACCOUNT}:role/*")], Tri.NO, "none"),
        ([ADMIN, deny("*", Condition=MFA)], Tri.DEPENDS, "full"),
        ([ADMIN, deny("*", Condition=ROOT_ONLY)], Tri.YES, "full"),
        ([allow("*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})], Tri.DEPENDS, "full"),
        ([allow("*", Condition={"Bool": {"aws:SecureTransport": "true"}})], Tri.YES, "full"),
        ([document(statement("Allow", "*") | {"Effect": "allow"})], Tri.DEPENDS, "full"),
        ([], Tri.NO, "none"),
    ],
)
def test_what_counts(documents: list[Any], verdict: Tri, level: str) -> None:
    admin = is_admin(principal(*documents))
    assert (admin.verdict, admin.level) == (verdict, level)


def test_scps_of_the_path_take_rights_away_but_not_in_the_management_account() -> None:
    levels = ((FULL_ACCESS,), policies(allow("s3:*"), kind="scp"))
    assert is_admin(principal(ADMIN, scp_levels=levels)).verdict is Tri.NO
    assert is_admin(principal(ADMIN, scp_levels=levels, management_account=ACCOUNT)).verdict is Tri.YES


def test_a_region_guardrail_leaves_an_administrator_who_may_still_use_iam() -> None:
    keeps_iam = deny("x:y", Condition=REGION) | {
        "Statement": [{"Effect": "Deny", "NotAction": ["iam:*"], "Resource": "*", "Condition": REGION}]
    }
    everything = deny("*", Condition=REGION)
    by_guardrail = {
        name: is_admin(principal(ADMIN, scp_levels=((FULL_ACCESS, *policies(one, kind="scp")),))).verdict
        for name, one in (("keeps_iam", keeps_iam), ("everything", everything))
    }
    assert by_guardrail == {"keeps_iam": Tri.YES, "everything": Tri.NO}


def test_an_unreadable_boundary_or_scp_leaves_it_open() -> None:
    unread = Policy.read("gone", None)
    assert is_admin(principal(ADMIN, boundary=unread)).verdict is Tri.DEPENDS
    assert is_admin(principal(ADMIN, scp_levels=((unread,),))).verdict is Tri.DEPENDS


ONLY_MFA, NOT_IAM = (
    {"Null": {"aws:MultiFactorAuthAge": "false"}},
    document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
)


@pytest.mark.parametrize(
    ("documents", "boundary", "verdict"),
    [
        ([allow("**")], None, Tri.YES),
        ([allow("*", "arn:aws:*")], None, Tri.YES),
        ([document({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b"})], None, Tri.YES),
        ([document({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:iam::*:role/*"})], None, Tri.NO),
        ([ADMIN, deny("iam:Create*")], None, Tri.NO),
        ([ADMIN, document({"Effect": "Deny", "NotAction": "*", "Resource": "*"})], None, Tri.YES),
        ([ADMIN, document({"Effect": "Deny", "Action": "*", "NotResource": "*"})], None, Tri.YES),
        ([allow(["iam:A*", "iam:P*"]), allow(["iam:C*", "iam:U*", "iam:S*", "iam:D*"])], None, Tri.YES),
        ([allow(["iam:Get*", "iam:List*"])], None, Tri.NO),
        ([ADMIN], ADMIN, Tri.YES),
        ([ADMIN], NOT_IAM, Tri.NO),
        ([ADMIN], document(*allow("iam:*")["Statement"], *NOT_IAM["Statement"]), Tri.YES),
        ([ADMIN], document(*ADMIN["Statement"], *deny("s3:*")["Statement"]), Tri.YES),
        ([allow("s3:*")], ADMIN, Tri.NO),
        ([ADMIN, deny("*", Condition={"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}})], None, Tri.YES),
        ([ADMIN, deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": "2024-01-01T00:00:00Z"}})], None, Tri.YES),
        ([allow("*", Condition={"DateLessThan": {"aws:CurrentTime": "2024-01-01T00:00:00Z"}})], None, Tri.NO),
        ([allow("*", Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/worker"}})], None, Tri.YES),
        ([allow("*", Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/other"}})], None, Tri.NO),
        ([allow("*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})], None, Tri.NO),
        ([allow("*", Condition=ONLY_MFA)], None, Tri.DEPENDS),
    ],
)
def test_more_of_what_counts(documents: list[Any], boundary: Any, verdict: Tri) -> None:
    holder = principal(*documents, boundary=Policy.read("boundary", boundary) if boundary else None)
    assert is_admin(holder).verdict is verdict
