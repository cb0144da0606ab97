"""Collector `identity_store_memberships`."""

from __future__ import annotations

from tests.pipeline.collectors.support import rows_of, scripted


def test_members_of_each_group() -> None:
    account = scripted(
        {
            "identitystore:ListGroupMemberships": lambda IdentityStoreId, GroupId: [
                {"MemberId": {"UserId": f"u-{GroupId}"}}
            ]
        },
        organization_identity_center=[{"identity_store_id": "d-1", "home_region": "eu-north-1"}],
        identity_store_groups=[{"identity_store_id": "d-1", "group_id": name} for name in ("g", "h")],
    )
    assert rows_of("identity_store_memberships", account) == [
        {"identity_store_id": "d-1", "group_id": name, "user_id": f"u-{name}"} for name in ("g", "h")
    ]
