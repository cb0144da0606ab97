"""IAM entity usage and quotas of the account, against which the other extracts are reconciled."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import Column, Dataset, account_column

SUMMARY = Dataset(
    "account_summary",
    "IAM entity usage and IAM quotas of the account: a row for each metric.",
    "account",
    ("iam:GetAccountSummary",),
    (
        account_column(),
        Column("metric", "varchar", "Key of the summary map (Users, AccountMFAEnabled, ...)", required=True),
        Column("value", "bigint", "Count, quota, or 1 for yes and 0 for no", required=True),
    ),
    key=("account_id", "metric"),
    may_be_empty=False,
)

DATASETS = (SUMMARY,)


def collect(account: Account) -> Rows:
    summary = account.call("iam:GetAccountSummary")["SummaryMap"]
    rows = [
        {"account_id": account.account_id, "metric": metric, "value": summary[metric]} for metric in sorted(summary)
    ]
    return {SUMMARY.name: rows}
