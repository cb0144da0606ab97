"""Collector `identity_store_users`."""

from __future__ import annotations

from tests.pipeline.collectors.support import (
    Remembering,
    collect,
)


def test_users_of_the_identity_store_leave_their_names_and_addresses_there() -> None:
    user = {
        "UserId": "u-1", "UserName": "ann", "UserStatus": "ENABLED", "DisplayName": "Ann Example",
        "Emails": [{"Value": "ann@example.com"}], "PhoneNumbers": [{"Value": "+49 30 1"}],
        "ExternalIds": [{"Issuer": "https://scim.example.com", "Id": "x-1"}],
    }  # fmt: skip
    rows = {"organization_identity_center": [{"identity_store_id": "d-1", "home_region": "us-east-1"}]}
    found = collect("identity_store_users", Remembering({"identitystore:ListUsers": [user, {"UserId": "u-2"}]}, rows))
    assert found["identity_store_users"] == [
        {
            "identity_store_id": "d-1",
            "user_id": "u-1",
            "user_name": "ann",
            "status": "ENABLED",
            "has_external_id": True,
        },
        {"identity_store_id": "d-1", "user_id": "u-2", "user_name": None, "status": None, "has_external_id": False},
    ]
