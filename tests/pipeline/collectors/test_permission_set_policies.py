"""Collector `permission_set_policies`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import rows_of, scripted

SET = "arn:aws:sso:::permissionSet/ssoins-1/ps-1"
ROWS: dict[str, Any] = {
    "organization_identity_center": [{"instance_arn": "arn:i", "home_region": "eu-north-1"}],
    "permission_sets": [{"instance_arn": "arn:i", "permission_set_arn": SET}],
}


def test_policies_of_aws_of_the_accounts_and_inline() -> None:
    answers = {
        "sso:ListManagedPoliciesInPermissionSet": [{"Name": "ReadOnly", "Arn": "arn:ro"}],
        "sso:ListCustomerManagedPolicyReferencesInPermissionSet": [{"Name": "own"}],
        "sso:GetInlinePolicyForPermissionSet": {"InlinePolicy": '{"Statement": []}'},
    }
    none = dict.fromkeys(("policy_path", "policy_arn", "document")) | {"permission_set_arn": SET}
    assert rows_of("permission_set_policies", scripted(answers, **ROWS)) == [
        none | {"kind": "aws_managed", "policy_name": "ReadOnly", "policy_arn": "arn:ro"},
        none | {"kind": "customer_managed", "policy_name": "own", "policy_path": "/"},
        none | {"kind": "inline", "policy_name": "inline", "document": '{"Statement":[]}'},
    ]


def test_an_empty_inline_policy_is_none() -> None:
    answers: dict[str, Any] = {
        "sso:ListManagedPoliciesInPermissionSet": [],
        "sso:ListCustomerManagedPolicyReferencesInPermissionSet": [],
        "sso:GetInlinePolicyForPermissionSet": {"InlinePolicy": ""},
    }
    assert rows_of("permission_set_policies", scripted(answers, **ROWS)) == []
