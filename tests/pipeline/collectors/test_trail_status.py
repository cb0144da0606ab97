"""Collector `trail_status`."""

from __future__ import annotations

from tests.pipeline.collectors.support import MEMBER, rows_of, scripted


def test_only_the_accounts_own_trails_are_asked_about_in_their_region() -> None:
    trails = [
        {"trail_arn": "arn:own", "is_own": True, "home_region": "eu-west-1"},
        {"trail_arn": "arn:gone", "is_own": True, "home_region": "eu-west-1"},
        {"trail_arn": "arn:organization", "is_own": False, "home_region": "eu-west-1"},
    ]
    answers = {"arn:own": {"IsLogging": True, "LatestDeliveryError": ""}, "arn:gone": None}
    here = scripted({}, trails=trails)
    there = scripted({"cloudtrail:GetTrailStatus": lambda Name: answers[Name]})
    here.at = lambda region: {"eu-west-1": there}[region]
    assert rows_of("trail_status", here) == [
        {"account_id": MEMBER, "trail_arn": "arn:own", "is_logging": True, "delivery_error": None}
    ]
    assert len(there.asked) == 2
