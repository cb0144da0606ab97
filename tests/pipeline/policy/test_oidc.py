"""The CC0 vectors: does the condition admit the token, and how is it graded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.policy import Context, parse
from pipeline.policy.conditions import condition_holds
from pipeline.policy.oidc import Pin, admits, grade, grade_claim, pins, pins_tenant
from pipeline.policy.tri import Tri
from tests.pipeline.policy.support import CASES, allow

VECTORS = [
    vector for path in sorted((CASES / "oidc").glob("*.json")) for vector in json.loads(path.read_text())["vectors"]
]
OPERATORS = {"aws-stringequals": "StringEquals", "aws-stringlike": "StringLike"}


def listed(vector: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    condition = vector["condition"]
    parts = condition["of"] if condition["consumer"] == "aws-all" else [condition]
    values = [part["pattern"] if isinstance(part["pattern"], list) else [part["pattern"]] for part in parts]
    return [(OPERATORS[part["consumer"]], part["claim"], value) for part, value in zip(parts, values, strict=True)]


def claims(vector: dict[str, Any]) -> dict[str, str]:
    return vector.get("claims") or {"sub": vector["subject"]}


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    parts = listed(vector)
    found = [Pin(claim, tuple(values), operator == "StringLike") for operator, claim, values in parts]
    assert admits(found, claims(vector)) is (vector["expect"] == "match")
    if vector.get("judgment"):
        whole = vector["condition"]["consumer"] == "aws-all"
        graded = (
            grade(vector["issuer"], found, claims(vector))
            if whole
            else grade_claim(vector["issuer"], found[0], claims(vector))
        )
        assert graded.grade.name.lower() == vector["judgment"]["grade"], graded.reason


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["id"] for vector in VECTORS])
def test_the_condition_operators_agree(vector: dict[str, Any]) -> None:
    context = Context.of({f"issuer.example:{claim}": value for claim, value in claims(vector).items()})
    holds = [
        condition_holds(one, context)
        for operator, claim, values in listed(vector)
        for one in parse(allow("s3:x", Condition={operator: {f"issuer.example:{claim}": values}}))
        .statements[0]
        .conditions
    ]
    assert min(holds) is (Tri.YES if vector["expect"] == "match" else Tri.NO)


GITHUB = "token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("issuer", "condition", "tenant", "expected"),
    [
        (GITHUB, {"StringLike": {"sub": "repo:octo-own/*"}}, True, "dangerous"),
        (GITHUB, {"StringLike": {"sub": "repo:octo-*/app:*"}}, False, "dangerous"),
        (GITHUB, {"StringEquals": {"sub": "repo:octo-own/app:pull_request"}}, True, "dangerous"),
        (GITHUB, {"StringLike": {"sub": "repo:octo-own@*/app@*:ref:refs/heads/main"}}, True, "safe"),
        (GITHUB, {"StringLike": {"sub": "repo:octo-own@12*/app@45:environment:prod"}}, True, "safe"),
        (GITHUB, {"StringLike": {"sub": "repo:octo-own@*/app@*:*"}}, True, "caution"),
        (GITHUB, {"StringLike": {"sub": "repo:octo-own@*/app@*:pull_request"}}, True, "dangerous"),
        (GITHUB, {"StringLike": {"sub": "repo:octo-own@*/app@*"}}, True, "dangerous"),  # the star takes in what follows
        (GITHUB, {"StringLike": {"sub": "repo:octo-own@*/*"}}, True, "dangerous"),
        (GITHUB, {"StringLike": {"sub": "repo:octo*@*/app@*:ref:refs/heads/main"}}, False, "dangerous"),
        (GITHUB, {"StringEquals": {"aud": "sts.amazonaws.com"}}, False, "dangerous"),
        (GITHUB, {"StringEqualsIfExists": {"sub": "repo:octo-own/app:ref:refs/heads/main"}}, False, "dangerous"),
        (GITHUB, {"StringNotEquals": {"sub": "repo:evil/app:ref:refs/heads/main"}}, False, "dangerous"),
        ("gitlab.com", {"StringLike": {"sub": "project_path:*"}}, False, "dangerous"),
        ("app.terraform.io", {"StringLike": {"sub": "organization:own:*"}}, True, "dangerous"),
        ("sso.example.com", {"StringEquals": {"sub": "robot-1"}}, True, "safe"),
        ("sso.example.com", {"StringLike": {"sub": "*"}}, False, "dangerous"),
        (
            "oidc.eks.eu-west-1.amazonaws.com/id/A1",
            {"StringLike": {"sub": "system:serviceaccount:pay:*"}},
            True,
            "caution",
        ),
        (
            "cognito-identity.amazonaws.com",
            {"StringEquals": {"aud": "eu-west-1:1"}, "ForAnyValue:StringLike": {"amr": "authenticated"}},
            True,  # AWS's page of shared issuers: the audience is the identity pool.
            "safe",
        ),
    ],
)
def test_grades(issuer: str, condition: dict[str, dict[str, str]], tenant: bool, expected: str) -> None:
    block = {
        operator: {f"{issuer}:{claim}": value for claim, value in keys.items()} for operator, keys in condition.items()
    }
    found = pins(issuer, parse(allow("s3:x", Condition=block)).statements[0].conditions)
    assert (grade(issuer, found).grade.name.lower(), pins_tenant(issuer, found)) == (expected, tenant)


def test_ids_left_open_are_named_as_the_pattern_has_them() -> None:
    pattern = "repo:octo-own@*/app@*:ref:refs/heads/main"
    block = {"StringLike": {f"{GITHUB}:sub": pattern}}
    found = pins(GITHUB, parse(allow("s3:x", Condition=block)).statements[0].conditions)
    assert grade(GITHUB, found).reason == f"{pattern} is one branch or environment"


@pytest.mark.parametrize(
    ("issuer", "parts", "expected"),
    [
        ("circleci", [("sub", "org/o/project/p/*")], "caution"),
        ("circleci", [("sub", "org/o/*")], "dangerous"),
        ("gitlab", [("sub", "project_path:g/p:ref_type:branch:ref:*"), ("ref_protected", "true")], "caution"),
        ("gitlab", [("sub", "project_path:g/*"), ("ref_protected", "true")], "dangerous"),
    ],
)
def test_more_grades(issuer: str, parts: list[tuple[str, str]], expected: str) -> None:
    assert grade(issuer, [Pin(claim, (value,)) for claim, value in parts]).grade.name.lower() == expected


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("repo:own/app", "caution"),
        ("repository_id:7891011:environment:prod", "caution"),
        ("repository_owner:own", "dangerous"),
        ("environment:prod", "dangerous"),
        ("repo:own/app:environment:prod", "safe"),
    ],
)
def test_github_subjects_made_to_measure(subject: str, expected: str) -> None:
    issuer = "token.actions.githubusercontent.com"
    source = parse(allow("*", Condition={"StringEquals": {f"{issuer}:sub": subject}}))
    assert grade(issuer, pins(issuer, source.statements[0].conditions)).grade.name.lower() == expected
