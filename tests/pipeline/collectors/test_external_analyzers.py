"""Collector `external_analyzers`."""

from __future__ import annotations

import pytest

from pipeline.aws.failures import CallFailed
from pipeline.schema import Row
from tests.pipeline.collectors.support import (
    ANALYZER,
    MEMBER,
    Remembering,
    collect,
    refuse,
)


def region(name: str, opt_status: str) -> Row:
    return {"account_id": MEMBER, "region_name": name, "opt_status": opt_status}


def test_a_region_closed_by_a_guardrail_is_a_row_and_no_failure() -> None:
    analyzer = {
        "analyzer_arn": ANALYZER, "analyzer_type": "ACCOUNT", "status": "ACTIVE", "status_reason": None,
        "last_resource_analyzed_at": None, "name": "a",
    }  # fmt: skip
    unused = analyzer | {"analyzer_type": "ACCOUNT_UNUSED_ACCESS"}
    listed = [
        region("us-east-1", "ENABLED_BY_DEFAULT"),
        region("eu-west-1", "ENABLED"),
        region("me-south-1", "DISABLED"),
    ]
    account = Remembering({}, {"account_regions": listed, "analyzers": [analyzer, unused]})
    closed = Remembering({})
    closed.rows = lambda dataset: refuse("scp_deny")()  # type: ignore[method-assign]
    account.at = lambda name: account if name == "us-east-1" else closed
    account.closed_regions = frozenset({"eu-west-1"})
    rows = collect("external_analyzers", account)
    assert [(r["region_name"], r["is_closed"], r["error_class"]) for r in rows["external_analyzer_regions"]] == [
        ("us-east-1", False, None),
        ("eu-west-1", True, "scp_deny"),
    ]
    assert [r["analyzer_arn"] for r in rows["external_analyzers"]] == [ANALYZER]
    account.closed_regions = frozenset()
    met = dict.fromkeys(("iam_deny", "scp_deny", "token_refused", "clock_skew", "not_supported"), False)
    for error_class, is_closed in (met | {"region_disabled": True, "not_offered": True}).items():
        closed.rows = lambda dataset, kind=error_class: refuse(kind)()  # type: ignore[misc]
        (_, denied) = collect("external_analyzers", account)["external_analyzer_regions"]
        assert (denied["is_closed"], denied["error_class"]) == (is_closed, error_class)
    closed.rows = lambda dataset: refuse("iam_deny")()  # type: ignore[method-assign]
    account.at = lambda name: closed
    with pytest.raises(CallFailed):
        collect("external_analyzers", account)
