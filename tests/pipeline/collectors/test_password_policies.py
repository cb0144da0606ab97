"""Collector `password_policies`."""

from __future__ import annotations

from tests.pipeline.collectors.support import MEMBER, rows_of, scripted

OPERATION = "iam:GetAccountPasswordPolicy"


def test_no_policy_is_no_row() -> None:
    assert rows_of("password_policies", scripted({OPERATION: None})) == []


def test_passwords_that_never_expire_are_null_however_iam_says_so() -> None:
    requires = {f"Require{kind}": True for kind in ("Symbols", "Numbers", "UppercaseCharacters")}
    policy = {"MinimumPasswordLength": 14, "AllowUsersToChangePassword": True, "RequireLowercaseCharacters": False}
    (row,) = rows_of(
        "password_policies", scripted({OPERATION: {"PasswordPolicy": requires | policy | {"MaxPasswordAge": 0}}})
    )
    assert row == {
        "account_id": MEMBER,
        "minimum_password_length": 14,
        "requires_symbols": True,
        "requires_numbers": True,
        "requires_uppercase": True,
        "requires_lowercase": False,
        "password_reuse_prevention": None,
        "max_password_age_days": None,
        "users_may_change": True,
        "is_hard_expiry": False,
    }
