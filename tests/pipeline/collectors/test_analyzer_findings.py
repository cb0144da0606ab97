"""Collector `analyzer_findings`."""

from __future__ import annotations

from tests.pipeline.collectors.support import (
    DAY,
    MEMBER,
    ScriptedAccount,
    collect,
)


def test_only_unused_and_internal_access_analyzers_are_asked_for_findings() -> None:
    kinds = ("ACCOUNT", "ORGANIZATION_UNUSED_ACCESS", "ACCOUNT_INTERNAL_ACCESS")
    analyzers = [{"analyzer_arn": kind, "analyzer_type": kind} for kind in kinds]
    found = [
        {
            "id": "f",
            "resourceType": "AWS::IAM::Role",
            "resourceOwnerAccount": MEMBER,
            "status": "ACTIVE",
            "createdAt": DAY,
            "updatedAt": DAY,
        }
    ]
    account = ScriptedAccount({"access-analyzer:ListFindingsV2": found}, {"analyzers": analyzers}, "eu-west-1")
    rows = collect("analyzer_findings", account)["analyzer_findings"]
    assert [row["analyzer_arn"] for row in rows] == list(kinds[1:])
    assert {row["region"] for row in rows} == {"eu-west-1"}
    assert all(params["filter"] == {"status": {"eq": ["ACTIVE"]}} for _, params in account.asked)
