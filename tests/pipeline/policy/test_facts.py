"""Facts of documents, flaws of conditions, facts of boundaries."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.policy import BoundaryFacts, actions, boundary_facts, document_facts, flaws, parse
from pipeline.policy.facts import KINDS, holds, is_effectively_star
from pipeline.policy.lint import CODES
from pipeline.policy.sensitive import sensitive_actions
from tests.pipeline.policy.support import ACCOUNT, ADMIN, allow, deny, document, statement

ROLE = f"arn:aws:iam::{ACCOUNT}:role"


def kinds(*sources: dict[str, Any]) -> set[str]:
    return {
        fact.kind
        for fact in document_facts(parse(document(*(one for source in sources for one in source["Statement"]))))
    }


@pytest.mark.parametrize(
    ("sources", "kind", "expected"),
    [
        ([ADMIN], "admin", True),
        ([allow("iam:*"), document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})], "admin", True),
        ([ADMIN, deny("*")], "admin", False),
        ([allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})], "admin_if", True),
        ([allow("kms:*")], "service_wildcard", True),
        ([allow("kms:*"), deny("kms:*")], "service_wildcard", False),
        ([allow("kms:*", f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/*")], "service_wildcard", False),
        ([allow("s3:*", "arn:aws:s3:::*")], "service_wildcard", True),
        ([allow("kms:Describe*")], "service_wildcard", False),
        ([document({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})], "allow_not_action", True),
        ([document({"Effect": "Deny", "NotAction": "s3:*", "Resource": "*"})], "allow_not_action", False),
        ([allow("iam:PassRole")], "pass_role_unscoped", True),
        ([allow("iam:Pass*", "arn:aws:iam::*:role/*")], "pass_role_unscoped", True),
        (
            [allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})],
            "pass_role_unscoped",
            False,
        ),
        ([allow("iam:PassRole", f"{ROLE}/app-*")], "pass_role_unscoped", False),
        ([allow("iam:PassRole"), deny("iam:PassRole")], "pass_role_unscoped", False),
        ([allow("sts:Assume*")], "assume_role_unscoped", True),
        ([allow("sts:AssumeRole", "arn:aws:iam::*:role/deploy")], "assume_role_unscoped", True),
        ([allow("sts:AssumeRole", f"{ROLE}/deploy")], "assume_role_unscoped", False),
        (
            [allow("sts:AssumeRole", Condition={"StringEquals": {"aws:ResourceOrgID": "o-1"}})],
            "assume_role_unscoped",
            False,
        ),
        ([allow("secretsmanager:GetSecretValue")], "sensitive_unscoped", True),
        ([allow("s3:GetObject", "arn:aws:s3:::b/*")], "sensitive_unscoped", False),
        ([allow("s3:GetObject", "arn:aws:s3:::*")], "sensitive_unscoped", True),
        ([allow("iam:AttachRolePolicy")], "sensitive_unscoped", True),
        ([allow("ec2:TerminateInstances")], "star_resource", True),
        ([allow(["ec2:DescribeInstances", "xray:PutTraceSegments"])], "star_resource", False),
        ([deny("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})], "mfa_enforced", True),
        ([deny("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})], "mfa_wrong_operator", True),
        ([deny("*", Condition={"Null": {"aws:MultiFactorAuthAge": "true"}})], "mfa_enforced", True),
        (
            [deny("*", Condition={"NumericGreaterThanIfExists": {"aws:MultiFactorAuthAge": "3600"}})],
            "mfa_enforced",
            True,
        ),
        ([deny("*", Condition={"NumericGreaterThan": {"aws:MultiFactorAuthAge": "3600"}})], "mfa_enforced", False),
        ([allow("*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}})], "mfa_reversed", True),
        ([allow("*", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}})], "mfa_required", True),
        ([allow("kms:Decrypt")], "high_risk_allow", True),
        (
            [allow("kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}})],
            "high_risk_conditioned",
            True,
        ),
        ([allow("sqs:SendMessage")], "high_risk_allow", False),
    ],
)
def test_facts(sources: list[dict[str, Any]], kind: str, expected: bool) -> None:
    assert kind in KINDS
    assert (kind in kinds(*sources)) is expected


@pytest.mark.parametrize(
    ("operator", "key", "is_scoped"),
    [
        ("StringEquals", "aws:ResourceTag/team", True),
        ("StringLike", "secretsmanager:ResourceTag/team", True),
        ("StringEqualsIfExists", "aws:ResourceTag/team", False),
        ("StringNotEquals", "aws:ResourceTag/team", False),
        ("StringNotLike", "secretsmanager:ResourceTag/team", False),
        ("ForAllValues:StringEquals", "aws:ResourceTag/team", False),
        ("StringEquals", "aws:ResourceOrgID", True),
        ("StringEqualsIfExists", "aws:ResourceOrgID", False),
        ("StringNotEquals", "aws:ResourceAccount", False),
        ("StringEquals", "aws:PrincipalTag/team", False),
    ],
)
def test_a_condition_scopes_what_it_keeps_from_other_resources(operator: str, key: str, is_scoped: bool) -> None:
    source = allow("secretsmanager:GetSecretValue", Condition={operator: {key: "blue"}})
    assert ("sensitive_unscoped" in kinds(source)) is not is_scoped


def test_facts_name_their_statement() -> None:
    source = document(
        statement("Allow", "s3:ListBucket", "arn:aws:s3:::b"), statement("Allow", "iam:PassRole", Sid="Pass")
    )
    fact = next(one for one in document_facts(parse(source)) if one.kind == "pass_role_unscoped")
    assert (fact.statement, fact.sid) == (1, "Pass")


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
    [
        ("*", "", True),
        ("arn:*:cloudtrail:*:*:trail/*", "cloudtrail:GetEventSelectors", True),
        ("arn:aws:cloudtrail:*:*:trail/main", "cloudtrail:GetEventSelectors", False),
        ("arn:aws:s3:::*", "s3:GetObject", True),
        ("arn:aws:s3:::b/*", "s3:GetObject", False),
        ("arn:aws:iam::*:role/*", "sts:AssumeRole", True),
        ("arn:aws:iam::000000000000:role/*", "iam:PassRole", True),
        ("arn:aws:iam::000000000000:role/app-*", "iam:PassRole", False),
        ("arn:aws:iam::111122223333:role/*", "iam:PassRole", False),
        ("arn:aws:kms:*:*:key/*", "kms:Decrypt", True),
        ("arn:aws:kms:*:000000000000:key/*", "kms:Decrypt", False),
    ],
)
def test_effectively_star(pattern: str, action: str, expected: bool) -> None:
    assert is_effectively_star(pattern, action) is expected


def codes(
    operator: str, key: str, value: Any, effect: str = "Allow", action: str = "s3:GetObject", **more: Any
) -> set[str]:
    condition = {operator: {key: value}, **more}
    found = {flaw.code for flaw in flaws(parse(document(statement(effect, action, Condition=condition))))}
    assert found <= set(CODES)
    return found


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("StringEquals", "aws:PrincipalOrgID", "o-1", set()),
        ("StringMatches", "aws:PrincipalOrgID", "o-1", {"unknown_operator"}),
        ("StringEquals", "aws:NoSuchKey", "x", {"key_not_listed"}),
        ("StringEquals", "iam:PassedToService", "ec2.amazonaws.com", {"unknown_key"}),
        ("StringEquals", "aws:SourceIp", "203.0.113.0/24", {"type_mismatch"}),
        ("IpAddress", "aws:SourceIp", "corporate", {"bad_value"}),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "soon", {"bad_value"}),
        ("Bool", "aws:SecureTransport", "yes", {"bad_value"}),
        ("DateGreaterThan", "aws:CurrentTime", "2026-01-01", set()),
        ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/x", {"usable_mismatch"}),
        ("StringEquals", "aws:PrincipalOrgID", "o-*", {"literal_wildcard"}),
        ("StringLike", "aws:PrincipalOrgID", "*", {"any_value"}),
        ("StringLike", "aws:PrincipalOrgID", "?*", {"any_value"}),
        ("ArnLike", "aws:PrincipalArn", "arn:*:*:*:*:*", {"any_value"}),
        ("ArnLike", "aws:PrincipalArn", "arn:*:iam::*:role/*", set()),
        ("Bool", "aws:SecureTransport", ["true", "false"], {"any_value"}),
        ("IpAddress", "aws:SourceIp", "0.0.0.0/0", {"any_value"}),
        ("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"], {"any_value"}),
        ("IpAddress", "aws:SourceIp", ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/1"], {"any_value"}),
        ("IpAddress", "aws:SourceIp", ["::/1", "8000::/1"], {"any_value"}),
        ("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/2"], set()),
        ("IpAddress", "aws:SourceIp", ["0.0.0.0/1", "8000::/1"], set()),
        ("NotIpAddress", "aws:SourceIp", ["0.0.0.0/1", "128.0.0.0/1"], set()),
        ("StringLike", "s3:ExistingObjectTag/team", "*", {"asks_presence"}),
        ("StringLike", "aws:ResourceTag/team", "*", {"asks_presence"}),
        ("StringLike", "s3:prefix", "*", {"unknown_key", "any_value"}),
        ("StringEquals", "s3:NoSuchKey", "x", {"key_not_listed"}),
        ("ArnLike", "aws:RequestTag/origin", "arn:aws:states:*:*:stateMachine:x", {"usable_mismatch"}),
        ("ArnLike", "aws:RequestTag/origin", "team", {"type_mismatch", "bad_value"}),
        ("StringEquals", "aws:SecureTransport", "true", {"usable_mismatch"}),
        ("StringEquals", "aws:SecureTransport", "yes", {"type_mismatch"}),
        ("ForAllValues:StringEquals", "aws:PrincipalOrgPaths", "o-1/r-1/", {"set_operator_unguarded"}),
        ("ForAllValues:StringEquals", "aws:SourceVpc", "x", {"set_operator_unguarded", "set_operator_on_single_value"}),
        ("ForAllValues:StringEquals", "aws:TagKeys", "team", {"set_operator_unguarded"}),
        ("ForAnyValue:StringEquals", "aws:PrincipalOrgID", "o-1", {"set_operator_on_single_value"}),
        ("StringEqualsIfExists", "aws:PrincipalOrgID", "o-1", {"if_exists_voids"}),
        ("StringEqualsIfExists", "aws:PrincipalTag/team", "x", set()),
        ("StringLike", "aws:UserAgent", "corp*", {"caller_chooses"}),
        ("Bool", "aws:MultiFactorAuthPresent", "false", {"mfa_reversed"}),
        ("Null", "aws:TagKeys", "false", set()),
        ("StringEquals", "${aws:username}", "x", set()),
    ],
)
def test_flaws(operator: str, key: str, value: Any, expected: set[str]) -> None:
    assert codes(operator, key, value) == expected


def test_flaws_depend_on_effect_and_guard() -> None:
    guard = {"Null": {"aws:TagKeys": "false"}}
    assert codes("ForAllValues:StringEquals", "aws:TagKeys", "team", **guard) == set()
    assert codes("ForAllValues:StringEquals", "aws:TagKeys", "team", effect="Deny") == set()
    assert codes("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-1", effect="Deny") == set()
    assert codes("Bool", "aws:MultiFactorAuthPresent", "false", effect="Deny") == {"mfa_needs_if_exists"}
    assert codes("StringEquals", "iam:PassedToService", "x", action="iam:PassRole") == set()


BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
SELF_PROTECTION = [
    statement("Deny", ["iam:*PolicyVersion", "iam:DeletePolicy"], BOUNDARY),
    statement("Deny", ["iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary"]),
]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ADMIN, BoundaryFacts(True, True, False)),
        (allow("iam:*"), BoundaryFacts(False, True, False)),
        (allow(["s3:*", "ec2:*"]), BoundaryFacts(False, False, True)),
        (document(statement("Allow", "*"), *SELF_PROTECTION), BoundaryFacts(False, True, True)),
        (document(statement("Allow", ["s3:*", "iam:CreateRole"]), *SELF_PROTECTION), BoundaryFacts(False, False, True)),
    ],
)
def test_boundaries(source: dict[str, Any], expected: BoundaryFacts) -> None:
    assert boundary_facts(parse(source), BOUNDARY) == expected


NO_MFA = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


@pytest.mark.parametrize(
    ("elements", "detail"),
    [
        ({"Action": ["*", "s3:*"], "Resource": "*"}, "*"),
        ({"Action": "s3:*", "Resource": "*"}, "s3:*"),
        ({"NotAction": "iam:*", "Resource": "*"}, "all but iam:*"),
        ({"NotAction": "*", "Resource": "*"}, None),
        ({"Action": "*", "Resource": "arn:aws:s3:::b/*"}, "arn:aws:s3:::b/*: *"),
        ({"NotAction": "iam:*", "Resource": "arn:aws:s3:::b"}, "arn:aws:s3:::b: all but iam:*"),
        ({"Action": "*", "NotResource": "arn:aws:iam::*:mfa/*"}, "all but arn:aws:iam::*:mfa/*: *"),
        ({"Action": "*", "NotResource": "*"}, None),
    ],
)
def test_what_mfa_is_demanded_for(elements: dict[str, Any], detail: str | None) -> None:
    found = document_facts(parse(document({"Effect": "Deny", "Condition": NO_MFA, **elements})))
    assert [one.detail for one in found if one.kind == "mfa_enforced"] == ([detail] if detail else [])


@pytest.mark.parametrize(
    ("other", "is_required"),
    [(statement("Allow", "*"), False), (statement("Allow", "s3:Get*"), True), (statement("Allow", "ec2:*"), True)],
)
def test_mfa_is_not_required_where_another_statement_does_without(other: dict[str, Any], is_required: bool) -> None:
    source = document(statement("Allow", "s3:*", Condition=WITH_MFA), other)
    assert ("mfa_required" in {one.kind for one in document_facts(parse(source))}) is is_required


def test_no_scope_is_asked_of_an_action_that_accepts_no_resource() -> None:
    asked = {}
    for action in ("ecr:GetAuthorizationToken", "secretsmanager:GetSecretValue"):
        document = parse({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": action, "Resource": "*"}})
        asked[action] = holds(document, "sensitive_unscoped")
    assert asked == {"ecr:GetAuthorizationToken": False, "secretsmanager:GetSecretValue": True}


@pytest.mark.parametrize("action", ["sts:AssumeRoot", "datazone:GetEnvironmentCredentials", "ssm:GetAccessToken"])
def test_actions_that_answer_with_credentials_are_sensitive_on_every_resource(action: str) -> None:
    found = document_facts(parse(document(*allow(action)["Statement"])))
    expected = {action} if (known := actions.find(action)) and not known.needs_star else set()
    assert {fact.detail for fact in found if fact.kind == "sensitive_unscoped"} == expected
    assert action in sensitive_actions("credential_actions")


@pytest.mark.parametrize(
    ("action", "kinds"),
    [
        ("new-service:GetToken", {"unjudged_unscoped"}),
        ("new-service:GetObject", {"unjudged_unscoped"}),
        ("new-service:ListThings", set()),
        ("logs:GetQueryResults", set()),
        ("dynamodb:BatchGetItem", {"sensitive_unscoped"}),
    ],
)
def test_an_action_whose_name_speaks_of_data_and_that_nobody_has_judged_is_unknown(
    action: str, kinds: set[str]
) -> None:
    found = document_facts(parse(document(*allow(action)["Statement"])))
    assert {fact.kind for fact in found if fact.kind.endswith("_unscoped")} == kinds


@pytest.mark.parametrize("kind", ["data_actions", "credential_actions"])
def test_sensitive_actions_exist_today(kind: str) -> None:
    assert [action for action in sensitive_actions(kind) if actions.find(action) is None] == []
