"""Collector `service_specific_credentials`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, rows_of, scripted


def test_credentials_of_all_users_in_one_call() -> None:
    found = {
        "UserName": "ann",
        "ServiceName": "codecommit.amazonaws.com",
        "ServiceSpecificCredentialId": "ACCA1",
        "Status": "Active",
        "CreateDate": DAY,
        "ServiceUserName": "ann-at-1",
    }
    account = scripted({"iam:ListServiceSpecificCredentials": [found]})
    assert rows_of("service_specific_credentials", account) == [
        {
            "account_id": MEMBER,
            "user_name": "ann",
            "service_name": "codecommit.amazonaws.com",
            "credential_id": "ACCA1",
            "status": "Active",
            "created_at": PLAIN,
            "expires_at": None,
        }
    ]
    assert account.asked == [("iam:ListServiceSpecificCredentials", {"AllUsers": True})]
