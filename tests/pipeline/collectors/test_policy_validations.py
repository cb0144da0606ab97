"""Collector `policy_validations`."""

from __future__ import annotations

from hashlib import sha256

from tests.pipeline.collectors.support import (
    ScriptedAccount,
    collect,
)


def test_each_distinct_document_is_validated_once() -> None:
    policies = [
        {"document": '{"a":1}', "policy_type": "SERVICE_CONTROL_POLICY"},
        {"document": '{"a":1}', "policy_type": "SERVICE_CONTROL_POLICY"},
        {"document": '{"b":1}', "policy_type": "RESOURCE_CONTROL_POLICY"},
    ]
    finding = {"findingType": "WARNING", "issueCode": "c", "findingDetails": "d", "learnMoreLink": "l", "locations": []}
    validate = lambda policyDocument, policyType: [finding, finding] if "a" in policyDocument else []  # noqa: E731
    account = ScriptedAccount({"access-analyzer:ValidatePolicy": validate}, {"organization_policies": policies})
    rows = collect("policy_validations", account)["policy_validations"]
    assert len(account.asked) == 2
    assert [row["finding_type"] for row in rows] == ["WARNING", "WARNING", "NONE"]
    assert rows[2]["document_sha256"] == sha256(b'{"b":1}').hexdigest()
    assert rows[2]["issue_code"] is rows[2]["learn_more_link"] is None
