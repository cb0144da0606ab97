"""Console access control of AWS Sign-In: whether it is in force in the account, and the account's sign-in policy.

https://docs.aws.amazon.com/signin/latest/userguide/console-access-control.html (since 2026-06-10; read 2026-11-28)
"""

from __future__ import annotations

from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import compact
from pipeline.schema import Column, Dataset, account_column

CONFIGURATION, POLICY = "signin:GetConsoleAuthorizationConfiguration", "signin:GetResourcePolicy"

ACCESS = Dataset(
    "console_access",
    "Whether AWS Sign-In checks policies before it opens the console of the account, and its own policy: one row.",
    "account",
    (CONFIGURATION, POLICY),
    (
        account_column(),
        Column("is_enabled", "boolean", "Whether console authorization is enabled; without it no policy has an effect"),
        Column("applies_to", "varchar", "Scope of the setting, in AWS's words: account or organization"),
        Column("document", "json", "The account's sign-in policy, in the form of IAM policies; null for none"),
    ),
    key=("account_id",),
)

DATASETS = (ACCESS,)


def collect(account: Account) -> Rows:
    """An account that was never configured has no such resource."""
    configuration = account.optional(CONFIGURATION) or {}
    answer = account.optional(POLICY)
    row = {
        "account_id": account.account_id,
        "is_enabled": configuration.get("consoleAuthorizationEnabled", False),
        "applies_to": configuration.get("scope"),
        "document": answer and _as_iam(answer["signinResourceBasedPolicy"]),
    }
    return {ACCESS.name: [row]}


def _as_iam(policy: dict[str, Any]) -> str | None:
    """The policy with the element names of IAM's policy language, which Sign-In writes small; null for none."""
    statements = [{name.capitalize(): value for name, value in one.items()} for one in policy.get("statement", ())]
    return compact({"Version": policy.get("version"), "Statement": statements}) if statements else None
