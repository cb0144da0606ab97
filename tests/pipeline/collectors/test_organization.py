"""Collector `organization`."""

from __future__ import annotations

from tests.pipeline.collectors.support import rows_of, scripted


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
