"""Collector `validation_events`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.pipeline.collectors.support import (
    DAY,
    Remembering,
    collect,
)


def test_what_rolecall_asked_is_no_sign_of_practice() -> None:
    def event(**record: Any) -> dict[str, Any]:
        return {"EventTime": DAY, "CloudTrailEvent": str(record).replace("'", '"')}

    issuer = {"sessionContext": {"sessionIssuer": {"userName": "Reader"}}}
    seen = {
        "ValidatePolicy": {"Events": [event(userIdentity=issuer), event(userAgent="Boto3 rolecall")], "NextToken": "n"},
        "CheckNoNewAccess": {"Events": [event(userAgent="aws-cli"), {"EventTime": DAY}]},
    }
    lookup = lambda LookupAttributes, **_: seen.get(LookupAttributes[0]["AttributeValue"], {})  # noqa: E731
    account = Remembering({"cloudtrail:LookupEvents": lookup})
    rows = collect("validation_events", account)["validation_events"]
    assert len(account.asked) == 4
    assert [(r["event_name"], r["uses"], r["is_complete"]) for r in rows][:2] == [
        ("ValidatePolicy", 0, False),
        ("CheckNoNewAccess", 2, True),
    ]
    assert account.asked[0][1]["EndTime"] - account.asked[0][1]["StartTime"] == timedelta(days=90)
