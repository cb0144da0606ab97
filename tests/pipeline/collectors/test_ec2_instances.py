"""Collector `ec2_instances`."""

from __future__ import annotations

import pytest

from tests.pipeline.collectors.support import (
    KEY,
    MEMBER,
    REGION,
    WHERE,
    ScriptedAccount,
    collect,
    scripted,
)


def test_an_instance_without_options_and_without_tags_kept() -> None:
    tags = [{"Key": "key", "Value": KEY}]
    instances = [
        {"InstanceId": "i-1", "State": {"Name": "running"}, "Tags": tags},
        {
            "InstanceId": "i-2",
            "State": {"Name": "stopped"},
            "IamInstanceProfile": {"Arn": "arn:aws:iam::1:instance-profile/p", "Id": "AIPA"},
            "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"},
        },
    ]
    account = scripted({"ec2:DescribeInstances": [{"Instances": instances}, {"Instances": []}]})
    bare, full = collect("ec2_instances", account)["ec2_instances"]
    assert bare == WHERE | {
        "instance_id": "i-1",
        "arn": f"arn:aws:ec2:{REGION}:{MEMBER}:instance/i-1",
        "state": "running",
        "instance_profile_arn": None,
        "http_tokens": None,
        "http_endpoint": None,
    }
    assert (full["instance_profile_arn"], full["http_tokens"]) == ("arn:aws:iam::1:instance-profile/p", "required")
    assert account.asked == [("ec2:DescribeInstances", {"MaxResults": 1000})]


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_arns_are_of_the_regions_partition(region: str, partition: str) -> None:
    answers = {"ec2:DescribeInstances": [{"Instances": [{"InstanceId": "i-1", "State": {"Name": "running"}}]}]}
    (row,) = collect("ec2_instances", ScriptedAccount(answers, region=region))["ec2_instances"]
    assert row["arn"].startswith(f"arn:{partition}:ec2:{region}:")
