"""Collector `organization`."""

from __future__ import annotations

from tests.pipeline.collectors.support import MEMBER, collect, rows_of, scripted


def test_the_organization_is_one_row() -> None:
    found = {
        "Id": "o-abcdefghij",
        "Arn": "arn:o",
        "FeatureSet": "ALL",
        "MasterAccountId": "999999999999",
        "MasterAccountArn": "arn:m",
        "MasterAccountEmail": "root@example.com",
    }
    assert rows_of("organization", scripted({"organizations:DescribeOrganization": {"Organization": found}})) == [
        {
            "organization_id": "o-abcdefghij",
            "arn": "arn:o",
            "feature_set": "ALL",
            "management_account_id": "999999999999",
            "management_account_arn": "arn:m",
        }
    ]


def test_an_account_in_no_organization_stands_for_itself() -> None:
    (row,) = rows_of("organization", scripted({"organizations:DescribeOrganization": None}))
    assert row == {
        "organization_id": None,
        "arn": None,
        "feature_set": "NONE",
        "management_account_id": MEMBER,
        "management_account_arn": f"arn:aws:iam::{MEMBER}:root",
    }
    tree = collect("organization_tree", scripted({}, organization=[row]))
    assert (tree["organization_roots"], tree["organizational_units"]) == ([], [])
    (account,) = tree["accounts"]
    assert (account["account_id"], account["state"], account["is_management"]) == (MEMBER, "ACTIVE", True)
    assert account["parent_id"] is None
