"""Collector `access_keys`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, PLAIN, ScriptedAccount, collect

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
