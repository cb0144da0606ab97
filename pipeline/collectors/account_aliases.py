"""The alias in the account's sign-in address."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import Column, Dataset, account_column

ALIASES = Dataset(
    "account_aliases",
    "The account's alias: one row, or none.",
    "account",
    ("iam:ListAccountAliases",),
    (account_column(), Column("alias", "varchar", "The alias", required=True)),
    key=("account_id", "alias"),
)

DATASETS = (ALIASES,)


def collect(account: Account) -> Rows:
    found = account.pages("iam:ListAccountAliases", "AccountAliases")
    return {ALIASES.name: [{"account_id": account.account_id, "alias": alias} for alias in found]}
