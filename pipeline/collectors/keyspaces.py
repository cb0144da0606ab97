"""Keyspaces in Amazon Keyspaces, the use of its service-specific credentials."""

from __future__ import annotations

from typing import Any

from pipeline.collectors._listing import listing
from pipeline.schema import Column, Dataset, account_column

# Every account has AWS's system keyspaces: this word alone, or with more after an underscore.
SYSTEM = "system"

KEYSPACES = Dataset(
    "keyspaces",
    "Keyspaces in Amazon Keyspaces, without AWS's system keyspaces.",
    "region",
    ("cassandra:ListKeyspaces",),
    (
        account_column(),
        Column("region", "varchar", "Region of the keyspace", required=True),
        Column("keyspace_name", "varchar", "Name of the keyspace", required=True, source="keyspaceName"),
    ),
    key=("account_id", "region", "keyspace_name"),
)

DATASETS = (KEYSPACES,)


def _is_own(keyspace: dict[str, Any]) -> bool:
    return str(keyspace["keyspaceName"]).partition("_")[0] != SYSTEM


collect = listing(KEYSPACES, "keyspaces", keep=_is_own, is_everywhere=False)
