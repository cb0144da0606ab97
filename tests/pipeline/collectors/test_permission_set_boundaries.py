"""Collector `permission_set_boundaries`."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pipeline.collectors.support import rows_of, scripted

SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
ROWS: dict[str, Any] = {
    "organization_identity_center": [{"instance_arn": "arn:i", "home_region": "eu-north-1"}],
    "permission_sets": [{"instance_arn": "arn:i", "permission_set_arn": SET}],
}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (None, []),
        (
            {"PermissionsBoundary": {"ManagedPolicyArn": "arn:aws:iam::aws:policy/P"}},
            [("arn:aws:iam::aws:policy/P", None, None)],
        ),
        ({"PermissionsBoundary": {"CustomerManagedPolicyReference": {"Name": "B"}}}, [(None, "B", "/")]),
        (
            {"PermissionsBoundary": {"CustomerManagedPolicyReference": {"Name": "B", "Path": "/x/"}}},
            [(None, "B", "/x/")],
        ),
    ],
)
def test_the_boundary_is_a_policy_of_aws_or_of_the_accounts_or_none(answer: Any, expected: list[Any]) -> None:
    account = scripted({"sso:GetPermissionsBoundaryForPermissionSet": answer}, **ROWS)
    rows = rows_of("permission_set_boundaries", account)
    assert [(row["policy_arn"], row["policy_name"], row["policy_path"]) for row in rows] == expected
