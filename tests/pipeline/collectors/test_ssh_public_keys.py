"""Collector `ssh_public_keys`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, rows_of, scripted


def test_keys_of_each_user() -> None:
    def keys(UserName: str) -> list[dict[str, Any]]:
        return [{"SSHPublicKeyId": "APKA1", "Status": "Active", "UploadDate": DAY}] if UserName == "ann" else []

    account = scripted({"iam:ListSSHPublicKeys": keys}, users=[{"user_name": "ann"}, {"user_name": "bob"}])
    assert rows_of("ssh_public_keys", account) == [
        {"account_id": MEMBER, "user_name": "ann", "key_id": "APKA1", "status": "Active", "uploaded_at": PLAIN}
    ]
    assert len(account.asked) == 2
