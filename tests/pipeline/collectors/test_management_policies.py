"""Collector `management_policies`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import rows_of, scripted


def test_policies_of_both_types_with_their_content_and_targets() -> None:
    def listed(Filter: str) -> list[dict[str, Any]]:
        return [{"Id": f"p-{Filter.lower()}", "Arn": "arn", "Name": Filter, "Type": Filter, "AwsManaged": False}]

    account = scripted(
        {
            "organizations:ListPolicies": listed,
            "organizations:DescribePolicy": lambda PolicyId: {"Policy": {"Content": '{"tags": {}}'}},
            "organizations:ListTargetsForPolicy": lambda PolicyId: [{"TargetId": "r-x"}, {"TargetId": "ou-a"}],
        }
    )
    rows = rows_of("management_policies", account)
    assert [row["policy_type"] for row in rows] == ["AISERVICES_OPT_OUT_POLICY", "TAG_POLICY"]
    assert {(row["document"], tuple(row["target_ids"])) for row in rows} == {('{"tags":{}}', ("ou-a", "r-x"))}
