"""Collector `signing_certificates`."""

from __future__ import annotations

from tests.pipeline.collectors.support import (
    DAY,
    PLAIN,
    ScriptedAccount,
    collect,
)


def test_only_users_with_a_certificate_are_asked_for_theirs() -> None:
    none = {
        "cert_1_active": False,
        "cert_1_last_rotated_at": None,
        "cert_2_active": False,
        "cert_2_last_rotated_at": None,
    }
    report = [
        none | {"user_name": "<root_account>", "cert_1_active": True},
        none | {"user_name": "inactive", "cert_2_last_rotated_at": PLAIN},
        none | {"user_name": "nobody"},
    ]
    found = [{"CertificateId": "c", "Status": "Inactive", "UploadDate": DAY}]
    account = ScriptedAccount({"iam:ListSigningCertificates": found}, {"credential_report": report})
    assert [row["user_name"] for row in collect("signing_certificates", account)["signing_certificates"]] == [
        "inactive"
    ]
    assert len(account.asked) == 1
