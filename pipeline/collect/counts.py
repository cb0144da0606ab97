"""Checks that an account's lists are complete, using the counts of GetAccountSummary.

A lost page, together with its marker, shortens a list silently. A surplus is not an error: IAM changes between calls.
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
"""Dataset to the name of its count in GetAccountSummary (API reference, SummaryMap)."""


def counted_of(datasets: Sequence[Dataset]) -> list[str]:
    """The datasets that GetAccountSummary counts."""
    return [dataset.name for dataset in datasets if dataset.name in METRICS]


def counts_none(counted: Sequence[str], summary: Mapping[str, int]) -> bool:
    """Whether GetAccountSummary says that there is nothing in any of these datasets."""
    return all(summary.get(METRICS[name]) == 0 for name in counted)


def shortfall(summary: Mapping[str, int], counted: Sequence[str], rows: Rows, unread: Sequence[Row]) -> str:
    """A sentence on what is missing, or ''. `unread` are records that were listed but not read."""
    for name in counted:
        listed = {row["arn"] for row in rows.get(name, ())} | {r["resource"] for r in unread if r["dataset"] == name}
        listed_count, expected = sum(map(_counts, listed)), summary.get(METRICS[name], 0)
        if listed_count < expected:
            return f"it lists {listed_count} of the {expected} {METRICS[name]} that GetAccountSummary counts"
    return ""


def _counts(arn: str) -> bool:
    """Whether AWS counts the row: of policies, only customer managed ones."""
    return "::aws:policy/" not in arn
