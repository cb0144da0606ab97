"""Collector `access_keys`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, ScriptedAccount, collect

NONE = {
    "access_key_1_active": False,
    "access_key_1_last_rotated_at": None,
    "access_key_2_active": False,
    "access_key_2_last_rotated_at": None,
    "additional_credentials_info": None,
}


def test_only_users_with_a_key_in_the_report_are_asked_for_theirs() -> None:
    report = [
        NONE | {"user_name": "<root_account>", "access_key_1_active": True},
        NONE | {"user_name": "inactive", "access_key_2_last_rotated_at": PLAIN},
        NONE | {"user_name": "nobody"},
        NONE | {"user_name": "many", "additional_credentials_info": "1 additional access key"},
    ]
    found = [{"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "Status": "Inactive", "CreateDate": DAY}]
    account = ScriptedAccount({"iam:ListAccessKeys": found}, {"credential_report": report})
    rows = collect("access_keys", account)["access_keys"]
    assert [(row["user_name"], row["access_key_id"], row["status"]) for row in rows] == [
        ("inactive", "AKIAIOSFODNN7EXAMPLE", "Inactive"),
        ("many", "AKIAIOSFODNN7EXAMPLE", "Inactive"),
    ]
    assert len(account.asked) == 2


def test_further_keys_that_the_report_speaks_of_must_be_listed() -> None:
    more = {"access_key_1_active": True, "additional_credentials_info": "1 additional access key"}
    report = [
        NONE | more | {"user_name": name, "arn": f"arn:aws:iam::{MEMBER}:user/{name}"} for name in ("whole", "less")
    ]

    def found(UserName: str) -> list[dict[str, Any]]:
        ids = ("AKIA1", "AKIA2") if UserName == "whole" else ("AKIA3",)
        return [{"AccessKeyId": key, "Status": "Active", "CreateDate": DAY} for key in ids]

    account = ScriptedAccount({"iam:ListAccessKeys": found}, {"credential_report": report})
    assert {row["user_name"] for row in collect("access_keys", account)["access_keys"]} == {"whole"}
    message = "1 access keys listed; the credential report shows 1 and says '1 additional access key'"
    assert account.unread_records == [("access_keys", f"arn:aws:iam::{MEMBER}:user/less", message)]
