"""Collector `permission_set_assignments`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import rows_of, scripted

SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
ROWS: dict[str, Any] = {
    "organization_identity_center": [{"instance_arn": "arn:i", "home_region": "eu-north-1"}],
    "permission_sets": [{"instance_arn": "arn:i", "permission_set_arn": SET}],
}


def test_assignments_in_each_account_that_it_is_provisioned_to() -> None:
    def assigned(AccountId: str, **which: str) -> list[dict[str, str]]:
        return [{"PrincipalType": "GROUP", "PrincipalId": f"g-{AccountId}"}]

    answers = {
        "sso:ListAccountsForProvisionedPermissionSet": ["111111111111", "222222222222"],
        "sso:ListAccountAssignments": assigned,
    }
    account = scripted(answers, **ROWS)
    assert rows_of("permission_set_assignments", account) == [
        {
            "permission_set_arn": SET,
            "target_account_id": account_id,
            "principal_type": "GROUP",
            "principal_id": f"g-{account_id}",
        }
        for account_id in ("111111111111", "222222222222")
    ]
