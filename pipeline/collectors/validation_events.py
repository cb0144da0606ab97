"""CloudTrail events that show policies being checked before deployment: four requests per account.

From CloudTrail's event history in the home Region. Rolecall's own calls are left out.
"""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import Column, Dataset, Row, account_column

OPERATION = "cloudtrail:LookupEvents"
EVENTS = ("ValidatePolicy", "CheckNoNewAccess", "CheckAccessNotGranted", "CreateAccessPreview")
KEPT = timedelta(days=90)
PAGE = 50

USES = Dataset(
    "validation_events",
    "For each operation that checks policies, its uses in the last 90 days of CloudTrail's event history.",
    "account",
    (OPERATION,),
    (
        account_column(),
        Column("event_name", "varchar", "Operation of Access Analyzer", required=True, values=EVENTS),
        Column("uses", "bigint", "Events among the latest 50, without Rolecall's own", required=True),
        Column("last_used_at", "timestamp", "When the latest of them occurred (UTC)"),
        Column("is_complete", "boolean", "Whether these are all events of the period", required=True),
    ),
    key=("account_id", "event_name"),
    may_be_empty=False,
)

DATASETS = (USES,)


def collect(account: Account) -> Rows:
    end = datetime.combine(account.memory.as_of + timedelta(days=1), time.min)
    rows: list[Row] = []
    for name in EVENTS:
        request = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}]}
        answer = account.call(OPERATION, **request, StartTime=end - KEPT, EndTime=end, MaxResults=PAGE)
        others = [utc(event["EventTime"]) for event in answer.get("Events", ()) if not _is_own(event, account)]
        rows.append(
            {
                "account_id": account.account_id,
                "event_name": name,
                "uses": len(others),
                "last_used_at": max((moment for moment in others if moment), default=None),
                "is_complete": not answer.get("NextToken"),
            }
        )
    return {USES.name: rows}


def _is_own(event: dict[str, Any], account: Account) -> bool:
    """Whether the event is a call of Rolecall: by its user agent, or of a session of its role."""
    try:
        record = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return False
    issuer = record.get("userIdentity", {}).get("sessionContext", {}).get("sessionIssuer", {})
    return issuer.get("userName") == account.settings.role_name or "rolecall" in str(record.get("userAgent", ""))
