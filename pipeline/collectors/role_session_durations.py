"""How long sessions of each role may last: the one thing GetAccountAuthorizationDetails leaves out."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import ARN, Column, Dataset, account_column

DURATIONS = Dataset(
    "role_session_durations",
    "The longest session of each IAM role.",
    "account",
    ("iam:ListRoles",),
    (
        account_column(),
        Column("role_name", "varchar", "Name of the role", required=True),
        Column("arn", "varchar", "ARN of the role", required=True, pattern=ARN),
        Column("max_session_duration_seconds", "bigint", "Longest session, in seconds", required=True),
    ),
    key=("account_id", "arn"),
    may_be_empty=False,
)

DATASETS = (DURATIONS,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "role_name": role["RoleName"],
            "arn": role["Arn"],
            "max_session_duration_seconds": role["MaxSessionDuration"],
        }
        for role in account.pages("iam:ListRoles", "Roles")
    ]
    return {DURATIONS.name: rows}
