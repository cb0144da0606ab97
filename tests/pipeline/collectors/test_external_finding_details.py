"""Collector `external_finding_details`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pipeline.schema import Row
from tests.pipeline.collectors.support import (
    ANALYZER,
    MEMBER,
    PLAIN,
    Remembering,
    collect,
)


def finding(finding_id: str, updated_at: datetime = PLAIN) -> Row:
    return {
        "account_id": MEMBER, "region": "us-east-1", "analyzer_arn": ANALYZER, "finding_id": finding_id,
        "updated_at": updated_at,
    }  # fmt: skip


def detail(finding_id: str, is_public: bool, updated_at: datetime = PLAIN) -> Row:
    rest = {"is_public": is_public, "principal": "{}", "actions": [], "condition": "{}", "rcp_restriction": None}
    return finding(finding_id, updated_at) | rest


def test_details_are_asked_for_new_changed_and_public_findings_only() -> None:
    def details(analyzerArn: str, id: str) -> list[dict[str, Any]]:
        if id == "gone":
            return []
        given = {"isPublic": id == "public", "principal": {"AWS": "*"}, "action": ["s3:GetObject"], "condition": {}}
        return [{"findingDetails": [{"externalAccessDetails": given}]}]

    earlier = [detail("known", False), detail("changed", False, PLAIN - timedelta(days=1)), detail("public", True)]
    account = Remembering(
        {"access-analyzer:GetFindingV2": details},
        {"external_findings": [finding(name) for name in ("known", "changed", "public", "new", "gone")]},
        {"external_finding_details": earlier},
    )
    rows = collect("external_finding_details", account)["external_finding_details"]
    assert [params["id"] for _, params in account.asked] == ["changed", "public", "new", "gone"]
    assert [(row["finding_id"], row["is_public"]) for row in rows] == [
        ("known", False),
        ("changed", False),
        ("public", True),
        ("new", False),
    ]
