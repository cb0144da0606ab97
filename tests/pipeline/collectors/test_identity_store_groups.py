"""Collector `identity_store_groups`."""

from __future__ import annotations

from tests.pipeline.collectors.support import rows_of, scripted


def test_groups_are_listed_in_the_home_region() -> None:
    here = scripted({}, organization_identity_center=[{"identity_store_id": "d-1", "home_region": "eu-north-1"}])
    home = scripted({"identitystore:ListGroups": [{"GroupId": "g", "DisplayName": "Admins"}, {"GroupId": "h"}]})
    here.at = lambda region: home if region == "eu-north-1" else here
    assert rows_of("identity_store_groups", here) == [
        {"identity_store_id": "d-1", "group_id": "g", "display_name": "Admins"},
        {"identity_store_id": "d-1", "group_id": "h", "display_name": None},
    ]
    assert home.asked == [("identitystore:ListGroups", {"IdentityStoreId": "d-1"})]
