"""Account-wide settings of IAM, such as those of role manager, by which service consoles make roles.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountProperties.html (since 2026-09; read 2026-11-28)
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import Column, Dataset, account_column

PROPERTIES = Dataset(
    "account_properties",
    "Account-wide settings of IAM: one row for each property that is set.",
    "account",
    ("iam:GetAccountProperties",),
    (
        account_column(),
        Column("property", "varchar", "Namespace and name of the property, as in RoleManager/...", required=True),
        Column("value", "varchar", "Its value"),
    ),
    key=("account_id", "property"),
)

DATASETS = (PROPERTIES,)


def collect(account: Account) -> Rows:
    """An endpoint that does not know the operation has no such settings: IAM of another partition, or an older one."""
    answer = account.optional("iam:GetAccountProperties", "InvalidAction") or {}
    return {
        PROPERTIES.name: [
            {"account_id": account.account_id, "property": name, "value": value}
            for name, value in sorted(answer.get("Properties", {}).items())
        ]
    }
