"""Guardrail objectives: the AWS samples meet what they are for, and nothing they are not for."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.policy import Policy, Site, Tri, judge_objective, objectives, rcp_services_denied, restricts
from tests.pipeline.policy.support import (
    ACCOUNT,
    ADMIN,
    CASES,
    FULL_ACCESS,
    allow,
    deny,
    document,
    load,
    policies,
    statement,
)

SITE = Site(ACCOUNT, "aws", "o-own", "o-own/r-1/ou-1/")
BY_ID = {one.id: one for one in objectives()}
SAMPLES = {path.name: path for path in sorted((CASES / "guardrails").glob("*/*.json"))}
MEETS = {
    "Deny-KMS-key-deletion.json": {"key_deletion"},
    "Deny-RAM-from-sharing-resources-to-external-accounts.json": {"external_sharing"},
    # Requests to the service `account` go to us-east-1, which the samples do not approve, and exempt no such service.
    "Deny-access-to-AWS-based-on-the-requested-AWS-region.json": {"region", "account_regions"},
    "Deny-access-to-AWS-based-on-the-requested-AWS-region-with-Bedrock-CRIS.json": {"region", "account_regions"},
    "Deny-account-instance-creation-for-AWS-IAM-Identity-Center.json": {"identity_center_instances"},
    "Deny-account-region-enable-and-disable-actions.json": {"account_regions"},
    # Whoever may tag a role takes its exception, aws:PrincipalTag/IAMUserManagementException.
    "Deny-critical-IAM-user-actions.json": set(),
    "Deny-deletion-of-AWS-Access-Analyzer-and-findings-in-an-account.json": {"access_analyzer_tamper"},
    "Deny-deletion-or-disassociation-or-updation-to-AWS-SecurityHub.json": {
        "securityhub_tamper",
        "securityhub_v2_tamper",
    },
    "Deny-enabling-and-disabling-AWS-Config.json": {"config_tamper"},
    "Deny-member-accounts-from-leaving-your-AWS-organization.json": {"leave_organization"},
    "Deny-the-root-user-from-performing-actions-except-S3-bucketpolicy-changes.json": {"root_user"},
    # Leaves AddClientIDToOpenIDConnectProvider and UpdateOpenIDConnectProviderThumbprint.
    "Deny-unwarranted-IAM-federations-creation-modification.json": set(),
    "Deny-use-of-IAM-user-credentials-from-unexpected-networks.json": {"unexpected_network"},
    # An action that has an old and a new name (DisassociateFromMasterAccount, ...FromAdministratorAccount) works by
    # both, and each name is an action of its own: a sample that denies one of them leaves the other.
    "Deny-users-from-disabling-Amazon-GuardDuty-or-modifying-its-configuration.json": set(),
    "Prevent-root-credentials-management-in-member-accounts-in-AWS-Organizations.json": {"root_user"},
    "Protect-disabling-or-deleting-Amazon-Macie.json": set(),
    "deny-creating-any-service-specific-credentials.json": {"service_credentials"},
    "Deny-resource-access-if-the-resource-belongs-to-a-specific-organizational-unit.json": {
        "identity_perimeter",
        "tls_only",
    },
    "Enforce-controls-on-AWS-services-that-use-service-principals-to-access-your-resources.json": {"confused_deputy"},
    "GitHub-Actions.json": {"oidc_issuers"},
    "IAM-Restrict-outbound-federation.json": {"outbound_federation"},
    "Restrict-access-to-only-HTTPS-connections-to-your-resources.json": {"tls_only"},
}
# Two of AWS's samples are templates that are no valid documents as they stand.
TEMPLATES = {"deny-service-specific-credential-by-type.json", "Shared-Issuers.json"}


def met(kind: str, *levels: tuple[Policy, ...]) -> dict[str, Tri]:
    return {one.id: judge_objective(one, levels, SITE).met for one in objectives(kind)}


@pytest.mark.parametrize("name", [name for name in SAMPLES if name not in TEMPLATES])
def test_samples(name: str) -> None:
    kind = SAMPLES[name].parent.name
    sample = Policy.read(name, SAMPLES[name].read_text("utf-8"), kind)  # type: ignore[arg-type]
    assert sample.problem == ""
    found = met(kind, (FULL_ACCESS, sample))
    assert {one for one, verdict in found.items() if verdict is Tri.YES} == MEETS.get(name, set())


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_policy_that_cannot_be_read_meets_nothing_for_certain(name: str) -> None:
    kind = SAMPLES[name].parent.name
    sample = Policy.read(name, SAMPLES[name].read_text("utf-8"), kind)  # type: ignore[arg-type]
    assert set(met(kind, (FULL_ACCESS, sample)).values()) == {Tri.DEPENDS}


def judge(name: str, *documents: Any) -> Any:
    return judge_objective(BY_ID[name], [(FULL_ACCESS, *policies(*documents, kind=BY_ID[name].kind))], SITE)


def test_nothing_is_met_by_full_access() -> None:
    assert set(met("scp", (FULL_ACCESS,)).values()) == {Tri.NO}
    assert set(met("rcp", (FULL_ACCESS,)).values()) == {Tri.NO}


def test_an_allow_list_meets_objectives_too() -> None:
    levels = ((FULL_ACCESS,), policies(allow(["s3:*", "ec2:*"]), kind="scp"))
    assert judge_objective(BY_ID["leave_organization"], levels, SITE).met is Tri.YES


def test_exceptions_are_listed_and_missing_actions_named() -> None:
    unless = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"}}
    result = judge("iam_user_creation", deny(["iam:CreateUser", "iam:CreateAccessKey"], Condition=unless))
    assert (result.met, result.open_actions) == (Tri.NO, ("iam:CreateLoginProfile",))
    assert result.exempt == ("aws:PrincipalArn ArnNotLike arn:aws:iam::*:role/break-glass",)


def test_a_deny_on_named_resources_is_told_apart() -> None:
    actions = [probe.action for probe in BY_ID["privileged_role_protection"].probes]
    result = judge("privileged_role_protection", deny(actions, "arn:aws:iam::*:role/protected-*"))
    assert (result.met, result.only_for) == (Tri.DEPENDS, (f"arn:aws:iam::{ACCOUNT}:role/protected-zq7x",))


def test_a_tag_that_most_principals_lack_guards_nothing() -> None:
    tagged = {"StringEquals": {"aws:PrincipalTag/exempt": "no"}}
    assert judge("leave_organization", deny("organizations:LeaveOrganization", Condition=tagged)).met is Tri.NO


@pytest.mark.parametrize(
    ("condition", "verdict"),
    [
        ({"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}}, Tri.YES),
        ({"StringNotLike": {"aws:requestedregion": "eu-*"}}, Tri.YES),
        ({"StringEquals": {"aws:RequestedRegion": ["us-west-1"]}}, Tri.NO),
    ],
)
def test_regions(condition: Any, verdict: Tri) -> None:
    assert (
        judge(
            "region",
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Deny",
                    "NotAction": ["iam:*", "sts:*"],
                    "Resource": "*",
                    "Condition": condition,
                },
            },
        ).met
        is verdict
    )


def test_root_patterns() -> None:
    def root(operator: str, pattern: str) -> Tri:
        return judge("root_user", deny("*", Condition={operator: {"aws:PrincipalArn": pattern}})).met

    assert root("ArnLike", "arn:*:iam::*:root") is Tri.YES
    assert root("StringLike", "arn:aws:iam::*:root") is Tri.YES
    assert root("StringLike", "arn:aws:iam::*:user/root") is Tri.NO
    assert root("StringEquals", "arn:aws:iam::*:root") is Tri.NO


def test_restricts() -> None:
    s3 = policies(allow("s3:*"), kind="scp")
    assert not restricts([(FULL_ACCESS,), (FULL_ACCESS, *s3)])
    assert restricts([(FULL_ACCESS,), s3])
    assert restricts([(FULL_ACCESS,), ()])
    assert restricts([(FULL_ACCESS, *policies(deny("s3:*"), kind="scp"))])


def test_what_an_rcp_can_touch() -> None:
    def services(*actions: str) -> tuple[str, ...]:
        one = statement("Deny", list(actions)) | {"Principal": "*"}
        return rcp_services_denied(Policy.read("rcp", document(one), "rcp").document)  # type: ignore[arg-type]

    assert services("ec2:*") == ()
    assert services("s3:GetObject", "ec2:*") == ("s3",)
    assert {"s3", "sqs", "kms", "sts", "secretsmanager"} <= set(services("*"))
    assert rcp_services_denied(Policy.read("rcp", ADMIN).document) == ()  # type: ignore[arg-type]


def test_the_own_organization_is_no_exception_but_a_partner_is() -> None:
    def exempt(*organizations: str) -> tuple[str, ...]:
        condition = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": list(organizations)}}
        condition |= {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
        statement = {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition}
        policy = Policy.read("perimeter", {"Version": "2012-10-17", "Statement": statement}, "rcp")
        return judge_objective(BY_ID["identity_perimeter"], [[policy]], Site(ACCOUNT, org_id="o-own")).exempt

    assert exempt("o-own") == ()
    assert exempt("o-own", "o-partner") == ("aws:PrincipalOrgID StringNotEquals o-partner",)


# -- exceptions, and who can take them

GUARDED = load("guardrail_objectives.json")["cases"]


@pytest.mark.parametrize("case", GUARDED, ids=[case["id"] for case in GUARDED])
def test_what_an_exception_is_worth(case: dict[str, Any]) -> None:
    objective = BY_ID[case["objective"]]
    level = (FULL_ACCESS, Policy.read("guard", case["policy"], case["kind"]))
    result = judge_objective(objective, [level], SITE)
    told = "loophole" if result.loopholes else "yes" if result.met is Tri.YES else "no"
    assert told == case["met"], case["why"]
    assert result.met is (Tri.YES if case["met"] == "yes" else Tri.NO)


LEAVE = "organizations:LeaveOrganization"
TAGGING = ["iam:TagRole", "iam:TagUser", "iam:CreateRole", "sts:TagSession"]


def leaving(unless: dict[str, Any], *guards: dict[str, Any]) -> Any:
    return judge("leave_organization", deny(LEAVE, Condition=unless), *guards)


@pytest.mark.parametrize(
    ("unless", "guards", "first_step"),
    [
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/platform*"}}, [], "iam:CreateRole"),
        ({"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"}}, [], "iam:CreateRole"),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/admin-*"}}, [], "iam:CreateUser"),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}, [], ""),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*"}}, [], ""),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::345612340987:role/x"}}, [], ""),
        ({"StringNotEquals": {"aws:PrincipalAccount": "345612340987"}}, [], ""),
        ({"StringNotEquals": {"aws:PrincipalTag/team": "platform"}}, [], "iam:TagRole"),
        ({"StringNotEquals": {"aws:PrincipalTag/team": "platform"}}, [deny("iam:TagRole")], "sts:AssumeRole"),
        (
            {"StringNotEquals": {"aws:PrincipalTag/team": "platform"}},
            [deny(TAGGING, Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}})],
            "",
        ),
        (
            {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/platform/*"}},
            [deny("iam:CreateRole", "arn:aws:iam::*:role/platform/*")],
            "iam:UpdateAssumeRolePolicy",
        ),
        (
            {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/platform/*"}},
            [deny(["iam:CreateRole", "iam:UpdateAssumeRolePolicy"], "arn:aws:iam::*:role/platform/*")],
            "",
        ),
        (
            {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/platform/*"}},
            [deny("sts:AssumeRole", "arn:aws:iam::*:role/platform/*")],
            "",
        ),
    ],
)
def test_loopholes(unless: dict[str, Any], guards: list[dict[str, Any]], first_step: str) -> None:
    result = leaving(unless, *guards)
    assert [one.steps[0][0] for one in result.loopholes] == ([first_step] if first_step else [])
    assert result.met is (Tri.NO if first_step else Tri.YES)
    assert all(str(one).startswith("aws:Principal") and "zq7x" not in str(one) for one in result.loopholes)


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"NotIpAddressIfExists": {"aws:SourceIp": "203.0.113.0/24"}}, Tri.NO),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, Tri.NO),
        ({"StringNotEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, Tri.NO),
        ({"StringEquals": {"aws:PrincipalTag/perimeter": "on"}}, Tri.NO),
        ({"BoolIfExists": {"aws:ViaAWSService": "false"}}, Tri.YES),
        ({}, Tri.YES),
    ],
)
def test_the_best_request_must_be_denied(condition: Any, met: Tri) -> None:
    nowhere = {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}
    assert judge("region", deny("*", Condition={**nowhere, **condition})).met is met


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({}, Tri.YES),
        ({"ArnNotLikeIfExists": {"aws:PrincipalArn": "arn:aws:iam::*:role/partner"}}, Tri.NO),
        ({"StringNotEqualsIfExists": {"aws:PrincipalTag/partner": "yes"}}, Tri.NO),
        ({"ArnNotLikeIfExists": {"aws:PrincipalArn": "arn:aws:iam::345612340987:role/partner"}}, Tri.YES),
    ],
)
def test_an_outsider_takes_any_name_and_tag(condition: Any, met: Tri) -> None:
    services = ["s3:*", "sqs:*", "kms:*", "secretsmanager:*", "sts:*"]
    unless = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-own"}}
    for operator, block in condition.items():
        unless.setdefault(operator, {}).update(block)
    assert judge("identity_perimeter", deny(services, Principal="*", Condition=unless)).met is met


@pytest.mark.parametrize(
    ("pattern", "met", "loopholes"),
    [
        ("arn:aws:iam::*:user/bots/*", Tri.NO, {"NotResource arn:aws:iam::*:user/bots/*"}),
        ("arn:aws:iam::*:user/break-glass", Tri.YES, set()),
        ("arn:aws:iam::*:group/*", Tri.YES, set()),
    ],
)
def test_names_that_the_caller_gives_are_an_exception_for_everybody(
    pattern: str, met: Tri, loopholes: set[str]
) -> None:
    probed = [probe.action for probe in BY_ID["iam_user_creation"].probes]
    once = {"Effect": "Deny", "Action": probed, "NotResource": pattern}
    levels = [(FULL_ACCESS,), (FULL_ACCESS, *policies(document(once), kind="scp"))]
    found = judge_objective(BY_ID["iam_user_creation"], levels, SITE)
    assert (found.met, {one.exception for one in found.loopholes}) == (met, loopholes)
    assert found.exempt == (f"NotResource {pattern}",)
