"""Collector `analyzers`."""

from __future__ import annotations

from tests.pipeline.collectors.support import ANALYZER, DAY, KEY, PLAIN, WHERE, rows_of, scripted


def test_an_analyzer_that_failed_and_a_plain_one() -> None:
    plain = {"arn": ANALYZER, "name": "a", "type": "ACCOUNT", "status": "ACTIVE", "createdAt": DAY}
    failed = plain | {
        "arn": f"{ANALYZER}2",
        "type": "ORGANIZATION_UNUSED_ACCESS",
        "status": "FAILED",
        "statusReason": {"code": "AWS_SERVICE_ACCESS_DISABLED"},
        "lastResourceAnalyzedAt": DAY,
        "configuration": {"unusedAccess": {"unusedAccessAge": 90}},
        "tags": {"owner": "iam", "note": KEY},
    }
    one, two = rows_of("analyzers", scripted({"access-analyzer:ListAnalyzers": [plain, failed]}))
    assert one == WHERE | {
        "analyzer_arn": ANALYZER,
        "name": "a",
        "analyzer_type": "ACCOUNT",
        "status": "ACTIVE",
        "status_reason": None,
        "created_at": PLAIN,
        "last_resource_analyzed_at": None,
        "configuration": "{}",
        "tags": "{}",
    }
    assert (two["status_reason"], two["last_resource_analyzed_at"]) == ("AWS_SERVICE_ACCESS_DISABLED", PLAIN)
    assert two["configuration"] == '{"unusedAccess":{"unusedAccessAge":90}}'
    assert two["tags"] == '{"note":"(an access key id)","owner":"iam"}'
