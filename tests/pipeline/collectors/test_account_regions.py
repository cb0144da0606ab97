"""Collector `account_regions`."""

from __future__ import annotations

from tests.pipeline.collectors.support import MEMBER, rows_of, scripted


def test_regions_with_their_status() -> None:
    found = [{"RegionName": "me-south-1", "RegionOptStatus": "DISABLED"}]
    assert rows_of("account_regions", scripted({"account:ListRegions": found})) == [
        {"account_id": MEMBER, "region_name": "me-south-1", "opt_status": "DISABLED"}
    ]
