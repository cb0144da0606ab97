"""Collector `server_certificates`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, rows_of, scripted


def test_a_certificate_as_iam_lists_it() -> None:
    found = {"ServerCertificateName": "web", "ServerCertificateId": "ASCA1", "Arn": "arn:c", "Path": "/"}
    bare, dated = rows_of(
        "server_certificates",
        scripted({"iam:ListServerCertificates": [found, found | {"UploadDate": DAY, "Expiration": DAY}]}),
    )
    assert bare == {
        "account_id": MEMBER,
        "server_certificate_name": "web",
        "server_certificate_id": "ASCA1",
        "arn": "arn:c",
        "path": "/",
        "uploaded_at": None,
        "expires_at": None,
    }
    assert (dated["uploaded_at"], dated["expires_at"]) == (PLAIN, PLAIN)
