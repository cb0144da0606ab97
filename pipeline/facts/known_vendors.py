"""Accounts published by vendors and AWS services: a starting point for the vendor register."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline import knowledge
from pipeline.facts import PolicyLayer, Queried
from pipeline.schema import ACCOUNT_ID, Column, Dataset, Row

TABLE = Dataset(
    "fact_known_vendors",
    "Accounts that vendors, and services of AWS, have published as theirs (known_aws_accounts, Apache-2.0).",
    "account",
    (),
    (
        Column("account_id", "varchar", "Account of the vendor", required=True, pattern=ACCOUNT_ID),
        Column("vendor", "varchar", "Name of the vendor, or of the service of AWS", required=True),
        Column("is_aws", "boolean", "Whether the account belongs to a service of AWS", required=True),
        Column("source", "varchar", "Page where the account was published"),
    ),
    key=("account_id",),
)
QUERIES: Mapping[str, str] = {}
JUDGES: tuple[PolicyLayer, ...] = ()


def rows(tables: Queried) -> Iterator[Row]:
    """One row per account; names of several entries for one account are joined."""
    by_account: dict[str, list[dict[str, Any]]] = {}
    for vendor in knowledge.load("vendor_accounts").facts["vendor"]:
        for account in vendor["accounts"]:
            by_account.setdefault(account, []).append(vendor)
    for account, owners in sorted(by_account.items()):
        sources = [page for owner in owners for page in owner["source"]]
        yield {
            "account_id": account,
            "vendor": ", ".join(dict.fromkeys(owner["name"] for owner in owners)),
            "is_aws": any(owner["is_aws"] for owner in owners),
            "source": sources[0] if sources else None,
        }
