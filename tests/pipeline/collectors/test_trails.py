"""Collector `trails`."""

from __future__ import annotations

from tests.pipeline.collectors.support import MEMBER, rows_of, scripted


def test_the_accounts_own_trail_and_the_organizations() -> None:
    own = {"TrailARN": f"arn:aws:cloudtrail:eu-west-1:{MEMBER}:trail/t", "Name": "t", "HomeRegion": "eu-west-1"}
    theirs = own | {
        "TrailARN": "arn:aws:cloudtrail:eu-west-1:999999999999:trail/o",
        "Name": "o",
        "IsMultiRegionTrail": True,
        "IsOrganizationTrail": True,
    }
    account = scripted({"cloudtrail:DescribeTrails": {"trailList": [own, theirs]}})
    first, second = rows_of("trails", account)
    assert first == {
        "account_id": MEMBER,
        "trail_arn": own["TrailARN"],
        "name": "t",
        "home_region": "eu-west-1",
        "is_multi_region": False,
        "is_organization": False,
        "is_own": True,
    }
    assert (second["is_multi_region"], second["is_organization"], second["is_own"]) == (True, True, False)
    assert account.asked == [("cloudtrail:DescribeTrails", {"includeShadowTrails": True})]
