"""Signs in CloudTrail that somebody checks policies before they are put in force: four requests an account.

Only what CloudTrail remembers by itself, in the home region. What Rolecall asked is left out.
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
    "For each way of checking a policy beforehand, whether CloudTrail shows that somebody used it in 90 days.",
    "account",
    (OPERATION,),
    (
        account_column(),
        Column("event_name", "varchar", "Operation of Access Analyzer", required=True, values=EVENTS),
        Column("uses", "bigint", "Events among the newest 50, without Rolecall's own", required=True),
        Column("last_used_at", "timestamp", "When the newest of them was (UTC)"),
        Column("is_complete", "boolean", "Whether there are no older events than those looked at", required=True),
    ),
    key=("account_id", "event_name"),
    may_be_empty=False,
)

DATASETS = (USES,)


def collect(account: Account) -> Rows:
    end = datetime.combine(account.memory.as_of + timedelta(days=1), time.min)
    rows: list[Row] = []
    for name in EVENTS:
        asked = {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": name}]}
        answer = account.call(OPERATION, **asked, StartTime=end - KEPT, EndTime=end, MaxResults=PAGE)
        others = [utc(one["EventTime"]) for one in answer["Events"] if not _is_own(one, account)]
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
        found = json.loads(event.get("CloudTrailEvent") or "{}")
    except ValueError:
        return False
    issuer = found.get("userIdentity", {}).get("sessionContext", {}).get("sessionIssuer", {})
    return issuer.get("userName") == account.settings.role_name or "rolecall" in str(found.get("userAgent", ""))
