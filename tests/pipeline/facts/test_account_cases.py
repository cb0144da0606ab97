"""Whole accounts through facts and controls: cases in ../policy/cases/account_cases.json, each with AWS's page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.sql import harness
from tests.sql.harness import AS_OF, MEMBER, Case

CASES = json.loads((Path(__file__).parents[1] / "policy/cases/account_cases.json").read_text("utf-8"))
EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
CHECKS = [
    pytest.param(case, check, id=f"{case['name']}: {check['control']} of {check['resource']}")
    for case in CASES
    for check in case["checks"]
]

models = cache(harness.load_catalog)


@pytest.mark.parametrize(("case", "check"), CHECKS)
def test_account(case: dict[str, Any], check: dict[str, str]) -> None:
    found = verdict(case, check["control"], check["resource"])
    if check["verdict"] == "not fail":
        assert found["verdict"] != "fail", found["reason"]
    else:
        assert found["verdict"] == check["verdict"], found["reason"]
    assert check.get("reason", "") in found["reason"]


def verdict(case: dict[str, Any], control: str, resource: str) -> dict[str, str]:
    """The one finding on the resource of the account, {verdict, reason, ...}."""
    judged = _judged(json.dumps(case["rows"]), json.dumps(case.get("scps", [])), control)
    (found,) = (one for one in judged if one["resource"] == f"arn:aws:iam::{MEMBER}:{resource}")
    return found


@cache
def _judged(rows: str, scps: str, control: str) -> list[dict[str, Any]]:
    made = json.loads(rows) | _attached(json.loads(scps))
    return harness.judge(Case(control, "account", AS_OF, made, {}, [], [], ""), models())


def _attached(scps: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Rows of the organization with these SCPs at the account, beside the one that AWS attaches everywhere."""
    documents = [EVERYTHING, *scps]
    kind = "SERVICE_CONTROL_POLICY"
    policies = [
        {
            "policy_id": f"p-{index}",
            "name": f"scp-{index}",
            "policy_type": kind,
            "is_aws_managed": not index,
            "document": d,
        }
        for index, d in enumerate(documents)
    ]
    targets = [{"policy_id": "p-0", "target_id": harness.ROOT, "target_type": "ROOT"}]
    targets += [{"policy_id": one["policy_id"], "target_id": MEMBER, "target_type": "ACCOUNT"} for one in policies]
    return {"organization_policies": policies, "policy_targets": targets}
