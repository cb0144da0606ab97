"""Collector `identity_center_instances`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, WHERE, rows_of, scripted


def test_an_instance_with_and_without_a_name() -> None:
    arn = "arn:aws:sso:::instance/ssoins-1"
    found = {"InstanceArn": arn, "OwnerAccountId": MEMBER, "IdentityStoreId": "d-1", "Status": "ACTIVE", "Name": ""}
    bare, named = rows_of(
        "identity_center_instances",
        scripted({"sso:ListInstances": [found, found | {"Name": "main", "CreatedDate": DAY}]}),
    )
    assert bare == WHERE | {
        "instance_arn": arn,
        "name": None,
        "owner_account_id": MEMBER,
        "identity_store_id": "d-1",
        "status": "ACTIVE",
        "created_at": None,
    }
    assert (named["name"], named["created_at"]) == ("main", PLAIN)
