"""Collector `organization_policies`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import rows_of, scripted


def test_policies_of_both_types_with_their_content() -> None:
    def listed(Filter: str) -> list[dict[str, Any]]:
        kind = Filter.split("_", maxsplit=1)[0].lower()
        policy = {"Id": f"p-{kind}", "Arn": "arn", "Name": kind, "Type": Filter, "AwsManaged": kind == "service"}
        return [policy | {"Description": ""}]

    account = scripted(
        {
            "organizations:ListPolicies": listed,
            "organizations:DescribePolicy": lambda PolicyId: {"Policy": {"Content": '{"Statement": []}'}},
        }
    )
    service, resource = rows_of("organization_policies", account)
    assert service == {
        "policy_id": "p-service",
        "arn": "arn",
        "name": "service",
        "description": None,
        "policy_type": "SERVICE_CONTROL_POLICY",
        "is_aws_managed": True,
        "document": '{"Statement":[]}',
        "characters": len('{"Statement": []}'),
    }
    assert (resource["policy_type"], resource["is_aws_managed"]) == ("RESOURCE_CONTROL_POLICY", False)
