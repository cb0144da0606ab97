"""Collector `resource_shares`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, PLAIN, WHERE, rows_of, scripted


def test_shares_of_the_account_itself() -> None:
    share = {"resourceShareArn": "arn:s", "status": "ACTIVE"}
    whole = share | {"name": "n", "allowExternalPrincipals": True, "creationTime": DAY, "lastUpdatedTime": DAY}
    account = scripted({"ram:GetResourceShares": [share, whole]})
    bare, full = rows_of("resource_shares", account)
    assert bare == WHERE | {
        "share_arn": "arn:s",
        "name": None,
        "allows_external": False,
        "status": "ACTIVE",
        "created_at": None,
        "updated_at": None,
    }
    assert (full["name"], full["allows_external"], full["created_at"], full["updated_at"]) == ("n", True, PLAIN, PLAIN)
    assert account.asked == [("ram:GetResourceShares", {"resourceOwner": "SELF"})]
