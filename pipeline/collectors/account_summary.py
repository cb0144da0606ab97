"""AWS's own count of what is in the account, against which the other extracts are reconciled."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import Column, Dataset, account_column

SUMMARY = Dataset(
    "account_summary",
    "IAM entities in use and IAM quotas of the account: a row for each metric.",
    "account",
    ("iam:GetAccountSummary",),
    (
        account_column(),
        Column("metric", "varchar", "AWS's name of the metric (Users, AccountMFAEnabled, ...)", required=True),
        Column("value", "bigint", "Count, quota, or 1 for yes and 0 for no", required=True),
    ),
    key=("account_id", "metric"),
    may_be_empty=False,
)

DATASETS = (SUMMARY,)


def collect(account: Account) -> Rows:
    found = account.call("iam:GetAccountSummary")["SummaryMap"]
    rows = [{"account_id": account.account_id, "metric": metric, "value": found[metric]} for metric in sorted(found)]
    return {SUMMARY.name: rows}
