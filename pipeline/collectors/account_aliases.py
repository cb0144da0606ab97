"""The account alias, which replaces the account ID in the sign-in URL."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import Column, Dataset, account_column

ALIASES = Dataset(
    "account_aliases",
    "The account alias: one row, or none.",
    "account",
    ("iam:ListAccountAliases",),
    (account_column(), Column("alias", "varchar", "The alias", required=True, source="@")),
    key=("account_id", "alias"),
)

DATASETS = (ALIASES,)

collect = listing(ALIASES, "AccountAliases")
