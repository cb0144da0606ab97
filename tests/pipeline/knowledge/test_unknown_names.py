"""A night with names that no list has: published, told in the warning table, and not judged as if they were known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from pipeline.warehouse import models
from pipeline.warehouse.models import Catalog
from tests.pipeline.knowledge.lists import policy, role
from tests.sql import harness
from tests.sql.harness import AS_OF, MEMBER

ISSUER = "tokens.brand-new.example"
IN_USE = datetime(2026, 11, 19)
ASSUMED = {"Action": "sts:AssumeRole"}
ROLES = [
    role(
        "service", ASSUMED | {"Principal": {"Service": "brand-new.eusc-de-east-1.amazonaws.com"}}, last_used_at=IN_USE
    ),
    role("partition", ASSUMED | {"Principal": {"AWS": f"arn:aws-new:iam::{MEMBER}:root"}}),
    role(
        "issuer",
        {
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": f"arn:aws:iam::{MEMBER}:oidc-provider/{ISSUER}"},
            "Condition": {"StringEquals": {f"{ISSUER}:sub": "acme:robot", f"{ISSUER}:aud": "sts.amazonaws.com"}},
        },
    ),
]
POLICIES = [
    policy("key", {"Action": "s3:GetObject", "Condition": {"StringEquals": {"aws:BrandNewKey": "a"}}}),
    policy("action", {"Action": "brand-new:GetAccessToken"}),
    policy("elsewhere", {"Action": "s3:GetObject", "Resource": "arn:aws-new:s3:::bucket/*"}),
]
ROWS: dict[str, list[dict[str, Any]]] = {
    "roles": ROLES,
    "policies": POLICIES,
    "policy_attachments": [
        {
            "principal_type": "role",
            "principal_name": "service",
            "principal_arn": f"arn:aws:iam::{MEMBER}:role/service",
            "policy_name": "BrandNewPolicy",
            "policy_arn": "arn:aws:iam::aws:policy/BrandNewPolicy",
        }
    ],
    "trusted_services": [{"service_principal": "brand-new.amazonaws.com"}],
    "quality_results": [
        {
            "dataset": "accounts",
            "check_name": "state_in_set",
            "expectation": "ExpectColumnValuesToBeInSet",
            "message": "state is one of those that are known",
            "severity": "warning",
            "passed": False,
            "unexpected_count": 2,
            "sample": json.dumps(["BRAND_NEW"]),
        }
    ],
    "unlisted_members": [
        {"account_id": account, "region": "global", "operation": "iam:ListRoles", "member": "Roles[].Leash", "times": 3}
        for account in (MEMBER, harness.MANAGEMENT)
    ],
}
EXPECTED = {
    ("action", "brand-new:GetAccessToken"),
    ("condition key", "aws:BrandNewKey"),
    ("issuer", ISSUER),
    ("managed policy", "arn:aws:iam::aws:policy/BrandNewPolicy"),
    ("member", "iam:ListRoles: Roles[].Leash"),
    ("partition", "aws-new"),
    ("service principal", "brand-new"),
    ("value", "accounts.state"),
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return models.load()


def case(control_id: str) -> harness.Case:
    found = next(one for one in harness.read_cases() if one.control_id == control_id)
    return replace(found, rows=ROWS, settings={}, unread=[], only="", as_of=AS_OF)


def test_each_kind_is_in_the_warning_table(catalog: Catalog) -> None:
    with harness.prepared(case("oidc_trust_scoped"), catalog, ("knowledge_gaps",)) as made:
        found = made.con.execute("select kind, name, times, accounts from knowledge_gaps").fetchall()
    assert {(kind, name) for kind, name, _, _ in found} == EXPECTED
    told = {name: (times, accounts) for _, name, times, accounts in found}
    assert told["iam:ListRoles: Roles[].Leash"] == (6, [MEMBER, harness.MANAGEMENT])
    assert told["aws-new"][1] == [MEMBER]


WITH_NAMES = {
    "oidc_trust_scoped": {"role/issuer": "unknown"},
    "condition_correctness": {"policy/key": "unknown", "policy/action": "not_applicable"},
    "sensitive_actions_scoped": {"policy/action": "unknown", "policy/elsewhere": "pass"},
    "broad_aws_managed_on_workloads": {"role/service": "unknown"},
    "confused_deputy": {"role/service": "not_applicable"},
    "trust_known_accounts_only": {"role/partition": "pass", "role/issuer": None},
    "delegated_administration": {"/brand-new.amazonaws.com": "unknown"},
}


@pytest.mark.parametrize("control_id", sorted(WITH_NAMES))
def test_no_verdict_is_given_as_if_the_name_were_known(control_id: str, catalog: Catalog) -> None:
    found = {row["resource"]: row["verdict"] for row in harness.judge(case(control_id), catalog)}
    assert {end: next(ends(found, end), None) for end in WITH_NAMES[control_id]} == WITH_NAMES[control_id]


def ends(found: dict[str, str], end: str) -> Iterator[str]:
    return (verdict for resource, verdict in found.items() if resource.endswith(end))
