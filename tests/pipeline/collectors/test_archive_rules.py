"""Collector `archive_rules`."""

from __future__ import annotations

from tests.pipeline.collectors.support import ANALYZER, DAY, PLAIN, WHERE, rows_of, scripted


def test_rules_of_external_access_analyzers_also_of_disabled_ones() -> None:
    analyzers = [
        {"analyzer_arn": ANALYZER, "name": "a", "analyzer_type": kind, "status": status}
        for kind, status in (
            ("ACCOUNT", "ACTIVE"),
            ("ORGANIZATION", "DISABLED"),
            ("ACCOUNT_UNUSED_ACCESS", "ACTIVE"),
        )
    ]
    rule = {"ruleName": "r", "filter": {"isPublic": {"eq": ["false"]}}, "createdAt": DAY, "updatedAt": DAY}
    account = scripted({"access-analyzer:ListArchiveRules": [rule]}, analyzers=analyzers)
    first, _ = rows_of("archive_rules", account)
    assert first == WHERE | {
        "analyzer_arn": ANALYZER,
        "rule_name": "r",
        "filter": '{"isPublic":{"eq":["false"]}}',
        "created_at": PLAIN,
        "updated_at": PLAIN,
    }
    assert account.asked == [("access-analyzer:ListArchiveRules", {"analyzerName": "a"})] * 2
