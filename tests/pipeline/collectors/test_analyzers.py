"""Collector `analyzers`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import ANALYZER, DAY, KEY, PLAIN, WHERE, refuse, rows_of, scripted

LIST, GET = "access-analyzer:ListAnalyzers", "access-analyzer:GetAnalyzer"
EXTERNAL = {"arn": ANALYZER, "name": "a", "type": "ACCOUNT", "status": "ACTIVE", "createdAt": DAY}


def inner(name: str, kind: str = "ORGANIZATION_UNUSED_ACCESS") -> dict[str, Any]:
    return EXTERNAL | {"arn": f"{ANALYZER}{name}", "name": name, "type": kind}


def test_an_analyzer_that_failed_and_a_plain_one() -> None:
    failed = inner("2") | {
        "status": "FAILED",
        "statusReason": {"code": "AWS_SERVICE_ACCESS_DISABLED"},
        "lastResourceAnalyzedAt": DAY,
        "managedBy": "securityhubv2.amazonaws.com",
        "tags": {"owner": "iam", "note": KEY},
    }
    configuration = {"unusedAccess": {"unusedAccessAge": 90}}
    account = scripted({LIST: [EXTERNAL, failed], GET: {"analyzer": failed | {"configuration": configuration}}})
    one, two = rows_of("analyzers", account)
    assert one == WHERE | {
        "analyzer_arn": ANALYZER,
        "name": "a",
        "analyzer_type": "ACCOUNT",
        "status": "ACTIVE",
        "status_reason": None,
        "created_at": PLAIN,
        "last_resource_analyzed_at": None,
        "configuration": "{}",
        "configuration_error": None,
        "managed_by": None,
        "tags": "{}",
    }
    assert (two["status_reason"], two["last_resource_analyzed_at"]) == ("AWS_SERVICE_ACCESS_DISABLED", PLAIN)
    assert two["configuration"] == '{"unusedAccess":{"unusedAccessAge":90}}'
    assert two["managed_by"] == "securityhubv2.amazonaws.com"
    assert two["tags"] == '{"note":"(an access key id)","owner":"iam"}'


def test_only_analyzers_that_have_a_configuration_are_asked_for_it() -> None:
    listed = [EXTERNAL, inner("u", "ACCOUNT_UNUSED_ACCESS"), inner("i", "ORGANIZATION_INTERNAL_ACCESS")]
    account = scripted({LIST: listed, GET: lambda analyzerName: {"analyzer": inner(analyzerName)}})
    assert [row["configuration"] for row in rows_of("analyzers", account)] == ["{}", "{}", "{}"]
    assert account.asked[1:] == [(GET, {"analyzerName": "u"}), (GET, {"analyzerName": "i"})]


def test_a_configuration_in_the_list_is_not_read() -> None:
    """ListAnalyzers omits it; what stands there is not what AWS answers."""
    listed = inner("u") | {"configuration": {"unusedAccess": {"unusedAccessAge": 1}}}
    (row,) = rows_of("analyzers", scripted({LIST: [listed], GET: {"analyzer": inner("u")}}))
    assert row["configuration"] == "{}"


def test_a_configuration_that_may_not_be_read_costs_itself() -> None:
    account = scripted({LIST: [EXTERNAL, inner("u")], GET: refuse("iam_deny", GET)})
    one, two = rows_of("analyzers", account)
    assert (one["configuration_error"], two["configuration_error"]) == (None, "denied")


def test_an_analyzer_that_is_gone_by_then_is_left_out() -> None:
    account = scripted({LIST: [EXTERNAL, inner("u")], GET: None})
    assert [row["name"] for row in rows_of("analyzers", account)] == ["a"]
