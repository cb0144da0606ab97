"""Collector `access_previews`."""

from __future__ import annotations

from tests.pipeline.collectors.support import ANALYZER, DAY, PLAIN, WHERE, rows_of, scripted


def test_previews_of_external_access_analyzers_that_work() -> None:
    analyzers = [
        {"analyzer_arn": ANALYZER, "name": "a", "analyzer_type": kind, "status": status}
        for kind, status in (
            ("ACCOUNT", "ACTIVE"),
            ("ORGANIZATION", "DISABLED"),
            ("ACCOUNT_UNUSED_ACCESS", "ACTIVE"),
        )
    ]
    found = [{"id": "p", "status": "COMPLETED", "createdAt": DAY, "analyzerArn": ANALYZER}]
    account = scripted({"access-analyzer:ListAccessPreviews": found}, analyzers=analyzers)
    assert rows_of("access_previews", account) == [
        WHERE | {"analyzer_arn": ANALYZER, "preview_id": "p", "status": "COMPLETED", "created_at": PLAIN}
    ]
    assert account.asked == [("access-analyzer:ListAccessPreviews", {"analyzerArn": ANALYZER})]
