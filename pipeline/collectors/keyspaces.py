"""Keyspaces of Amazon Keyspaces: what its service-specific credentials are for."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._offered import items
from pipeline.schema import Column, Dataset, account_column

LIST = "cassandra:ListKeyspaces"
# AWS's own keyspaces, which every account has: this word alone, or with more after a low line.
SYSTEM = "system"

KEYSPACES = Dataset(
    "keyspaces",
    "Keyspaces of Amazon Keyspaces, without AWS's own.",
    "region",
    (LIST,),  # the action of an IAM policy is cassandra:Select
    (
        account_column(),
        Column("region", "varchar", "Region of the keyspace", required=True),
        Column("keyspace_name", "varchar", "Name of the keyspace", required=True),
    ),
    key=("account_id", "region", "keyspace_name"),
)

DATASETS = (KEYSPACES,)


def collect(account: Account) -> Rows:
    rows = [
        {"account_id": account.account_id, "region": account.region, "keyspace_name": found["keyspaceName"]}
        for found in items(account, LIST, "keyspaces")
        if found["keyspaceName"].partition("_")[0] != SYSTEM
    ]
    return {KEYSPACES.name: rows}
