"""Collector `account_summary`."""

from __future__ import annotations

from tests.pipeline.collectors.support import MEMBER, rows_of, scripted


def test_a_row_for_each_metric() -> None:
    answer = {"SummaryMap": {"Users": 3, "AccountMFAEnabled": 1}}
    assert rows_of("account_summary", scripted({"iam:GetAccountSummary": answer})) == [
        {"account_id": MEMBER, "metric": "AccountMFAEnabled", "value": 1},
        {"account_id": MEMBER, "metric": "Users", "value": 3},
    ]
