"""Collector `invalid_effective_policies`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import MEMBER, rows_of, scripted

LIST = "organizations:ListAccountsWithInvalidEffectivePolicy"
ERRORS = "organizations:ListEffectivePolicyValidationErrors"


def test_types_that_are_enabled_are_asked_about_and_each_invalid_result_says_why() -> None:
    def accounts(PolicyType: str) -> list[dict[str, Any]]:
        return [{"Id": MEMBER}] if PolicyType == "TAG_POLICY" else []

    errors = [
        {"ErrorCode": "ELEMENTS_TOO_MANY", "ContributingPolicies": ["p-2", "p-1"]},
        {"ErrorCode": "ELEMENTS_TOO_MANY", "ContributingPolicies": ["p-1"]},
    ]
    enabled = ["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY", "BRAND_NEW_POLICY"]
    account = scripted({LIST: accounts, ERRORS: errors}, organization_roots=[{"enabled_policy_types": enabled}])
    assert rows_of("invalid_effective_policies", account) == [
        {
            "account_id": MEMBER,
            "policy_type": "TAG_POLICY",
            "error_codes": ["ELEMENTS_TOO_MANY"],
            "contributing_policies": ["p-1", "p-2"],
        }
    ]
    assert account.asked == [
        (LIST, {"PolicyType": "BRAND_NEW_POLICY"}),
        (LIST, {"PolicyType": "TAG_POLICY"}),
        (ERRORS, {"AccountId": MEMBER, "PolicyType": "TAG_POLICY"}),
    ]
