"""Whether an account's lists are whole, by the counts of GetAccountSummary that come for nothing.

A page that is lost, with the marker that leads to it, shortens a list without a word. More than AWS counts is no fault:
IAM moves between two calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.collectors import Rows
from pipeline.schema import Dataset, Row

METRICS: Mapping[str, str] = {
    "users": "Users",
    "groups": "Groups",
    "roles": "Roles",
    "role_session_durations": "Roles",
    "policies": "Policies",
    "instance_profiles": "InstanceProfiles",
    "server_certificates": "ServerCertificates",
}
"""Dataset to what GetAccountSummary calls its count (API reference, GetAccountSummary, SummaryMap)."""


def counted_of(datasets: Sequence[Dataset]) -> list[str]:
    """Those of the datasets that AWS counts."""
    return [dataset.name for dataset in datasets if dataset.name in METRICS]


def shortfall(summary: Mapping[str, int], counted: Sequence[str], rows: Rows, unread: Sequence[Row]) -> str:
    """What is missing, as a sentence; empty where nothing is. `unread` are records that were listed, and not read."""
    for name in counted:
        listed = {row["arn"] for row in rows.get(name, ())} | {r["resource"] for r in unread if r["dataset"] == name}
        listed_count, expected = sum(map(_counts, listed)), summary.get(METRICS[name], 0)
        if listed_count < expected:
            return f"it lists {listed_count} of the {expected} {METRICS[name]} that GetAccountSummary counts"
    return ""


def _counts(arn: str) -> bool:
    """AWS counts the account's own policies only."""
    return "::aws:policy/" not in arn
