"""With a data perimeter attached to the root, every verdict on an account is what it is without one.

The statements have the form of AWS's own perimeter (https://github.com/aws-samples/data-perimeter-policy-examples):
what the night knows meets their conditions, so that they deny nothing here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from pipeline.schema import Row
from tests.sql import harness
from tests.sql.harness import DEFAULTS, MANAGEMENT, MEMBER, ROOT, Case

ORG = "o-example"


def deny(action: str, **conditions: Any) -> Row:
    return {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": conditions}


OUTSIDE_RESOURCES = deny(
    "*",
    StringNotEqualsIfExists={"aws:ResourceOrgID": ORG, "aws:PrincipalTag/dp:exclude:resource": "true"},
)
OUTSIDE_PATHS = deny("*", **{"ForAllValues:StringNotLikeIfExists": {"aws:ResourceOrgPaths": f"{ORG}/{ROOT}/*"}})
TAGGED_NETWORK = deny(
    "*",
    NotIpAddressIfExists={"aws:SourceIp": "203.0.113.0/24"},
    StringNotEqualsIfExists={"aws:SourceVpc": "vpc-0123456789abcdef0"},
    StringEquals={"aws:PrincipalTag/dp:include:network": "true"},
    BoolIfExists={"aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"},
    ArnNotLikeIfExists={"aws:PrincipalArn": "arn:aws:iam::*:role/aws:ec2-infrastructure"},
)
OTHER_ACCOUNTS = deny("*", StringNotEquals={"aws:PrincipalOrgID": ORG})
OUTSIDE_CALLERS = deny(
    "sts:*",
    StringNotEqualsIfExists={"aws:PrincipalOrgID": ORG},
    BoolIfExists={"aws:PrincipalIsAWSService": "false"},
) | {"Principal": "*"}
EVERYTHING: Row = {"Effect": "Allow", "Action": "*", "Resource": "*"}
PERIMETER = {
    "SERVICE_CONTROL_POLICY": [OUTSIDE_RESOURCES, OUTSIDE_PATHS, TAGGED_NETWORK, OTHER_ACCOUNTS],
    "RESOURCE_CONTROL_POLICY": [OUTSIDE_CALLERS],
}
CASES = [
    case
    for case in harness.read_cases()
    if case.rows.get("organization_roots", [{}])[0].get("enabled_policy_types") == []
    and not case.rows.keys() & {"organization_policies", "organization"}
]
CONTROLS = sorted({case.control_id for case in CASES})
models = cache(harness.load_catalog)


def within(case: Case) -> Case:
    """The case in an organization with the perimeter on its root."""
    everywhere = {ROOT: "ROOT", MEMBER: "ACCOUNT", MANAGEMENT: "ACCOUNT"}
    policies, targets = list[Row](), list[Row]()
    for kind, statements in PERIMETER.items():
        everything = EVERYTHING | ({"Principal": "*"} if kind == "RESOURCE_CONTROL_POLICY" else {})
        for index, statement in enumerate([everything, *statements]):
            policy_id = f"p-{kind.lower()}-{index}"
            document = {"Version": "2012-10-17", "Statement": [statement]}
            head = {"policy_id": policy_id, "name": policy_id, "policy_type": kind, "is_aws_managed": not index}
            policies.append(head | {"document": document})
            places = {ROOT: "ROOT"} if index else everywhere
            targets += [{"policy_id": policy_id, "target_id": one, "target_type": of} for one, of in places.items()]
    rows = {
        "organization_policies": policies,
        "policy_targets": targets,
        "organization_roots": DEFAULTS["organization_roots"],
    }
    return replace(case, rows=case.rows | rows)


def differing(controls: Collection[str]) -> Iterator[str]:
    for case in CASES:
        if case.control_id in controls:
            wrong = harness.mismatch(case, harness.judge(within(case), models()), models())
            if wrong:
                yield f"{case.control_id}: {case.name}: {wrong}"


@pytest.mark.slow
def test_who_escalates_is_as_it_was() -> None:
    assert list(differing({"no_privilege_escalation"})) == []


@pytest.mark.soak
@pytest.mark.parametrize("control_id", CONTROLS)
def test_every_verdict_is_as_it_was(control_id: str) -> None:
    assert list(differing({control_id})) == []
