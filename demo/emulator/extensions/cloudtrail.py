"""CloudTrail: each account's trail, and its events of policy checks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError
from demo.organization import oversight

HOME = "us-east-1"


def describe_trails(call: Call) -> dict[str, Any]:
    """A multi-Region trail is listed in every Region, a single-Region trail only in its own."""
    trail = oversight.trail(call.account)
    if trail is None or not (trail[1] or call.region == HOME):
        return {"trailList": []}
    name, is_multi_region, _, _ = trail
    row = {
        "Name": name,
        "TrailARN": _arn(call),
        "S3BucketName": "halden-log-archive-trails",
        "HomeRegion": HOME,
        "IsMultiRegionTrail": is_multi_region,
        "IsOrganizationTrail": False,
        "IncludeGlobalServiceEvents": True,
        "LogFileValidationEnabled": True,
        "HasCustomEventSelectors": False,
    }
    return {"trailList": [row]}


def get_trail_status(call: Call) -> dict[str, Any]:
    return {"IsLogging": _trail(call, call.need("Name"))[2]}


def get_event_selectors(call: Call) -> dict[str, Any]:
    return {"TrailARN": _arn(call)} | _trail(call, call.need("TrailName"))[3]


def lookup_events(call: Call) -> dict[str, Any]:
    """Events by name and time span, newest first."""
    attributes = {
        attribute["AttributeKey"]: attribute["AttributeValue"] for attribute in call.get("LookupAttributes", ())
    }
    events = oversight.events(call.scene, call.account, attributes.get("EventName", ""))
    start, end = (_moment(call.get(name)) for name in ("StartTime", "EndTime"))
    kept = [e for e in events if (start is None or start <= e["EventTime"]) and (end is None or e["EventTime"] <= end)]
    return {"Events": sorted(kept, key=lambda event: event["EventTime"], reverse=True)}


def _arn(call: Call) -> str:
    trail = oversight.trail(call.account)
    return f"arn:aws:cloudtrail:{HOME}:{call.account.id}:trail/{trail[0] if trail else ''}"


def _trail(call: Call, name: str) -> tuple[str, bool, bool, dict[str, Any]]:
    trail = oversight.trail(call.account)
    if trail is None or name not in (trail[0], _arn(call)):
        raise ApiError("TrailNotFoundException", f"Unknown trail: {name} for the user: {call.account.id}")
    return trail


def _moment(value: Any) -> datetime | None:
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value if isinstance(value, datetime) else None
