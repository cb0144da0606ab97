"""The password policy for IAM users."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import Column, Dataset, account_column

POLICIES = Dataset(
    "password_policies",
    "The account's custom password policy; no row where AWS's default policy applies.",
    "account",
    ("iam:GetAccountPasswordPolicy",),
    (
        account_column(),
        Column("minimum_password_length", "bigint", "Minimum length", required=True),
        Column("requires_symbols", "boolean", "Whether a symbol is required", required=True),
        Column("requires_numbers", "boolean", "Whether a number is required", required=True),
        Column("requires_uppercase", "boolean", "Whether an uppercase letter is required", required=True),
        Column("requires_lowercase", "boolean", "Whether a lowercase letter is required", required=True),
        Column("password_reuse_prevention", "bigint", "Previous passwords that cannot be reused; null for no limit"),
        Column("max_password_age_days", "bigint", "Days after which a password expires; null for never"),
        Column("users_may_change", "boolean", "Whether users may change their own password", required=True),
        Column(
            "is_hard_expiry", "boolean", "Whether only an administrator can reset an expired password", required=True
        ),
    ),
    key=("account_id",),
)

DATASETS = (POLICIES,)


def collect(account: Account) -> Rows:
    answer = account.optional("iam:GetAccountPasswordPolicy", "NoSuchEntity")
    if answer is None:
        return {POLICIES.name: []}
    policy = answer["PasswordPolicy"]
    row = {
        "account_id": account.account_id,
        "minimum_password_length": policy["MinimumPasswordLength"],
        "requires_symbols": policy["RequireSymbols"],
        "requires_numbers": policy["RequireNumbers"],
        "requires_uppercase": policy["RequireUppercaseCharacters"],
        "requires_lowercase": policy["RequireLowercaseCharacters"],
        "password_reuse_prevention": policy.get("PasswordReusePrevention"),
        "max_password_age_days": policy.get("MaxPasswordAge") or None,  # some answers say 0 for never
        "users_may_change": policy["AllowUsersToChangePassword"],
        "is_hard_expiry": policy.get("HardExpiry", False),
    }
    return {POLICIES.name: [row]}
