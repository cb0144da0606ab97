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
        "operator_principal": None,
    }
    assert (full["instance_profile_arn"], full["http_tokens"]) == ("arn:aws:iam::1:instance-profile/p", "required")
    assert account.asked == [("ec2:DescribeInstances", {"MaxResults": 1000, "IncludeManagedResources": True})]


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
        ("us-iso-east-1", "aws-iso"),
        ("us-isob-east-1", "aws-iso-b"),
        ("eu-isoe-west-1", "aws-iso-e"),
        ("us-isof-south-1", "aws-iso-f"),
        ("zz-nowhere-9", "aws"),
    ],
)
def test_arns_are_of_the_regions_partition(region: str, partition: str) -> None:
    answers = {"ec2:DescribeInstances": [{"Instances": [{"InstanceId": "i-1", "State": {"Name": "running"}}]}]}
    (row,) = collect("ec2_instances", ScriptedAccount(answers, region=region))["ec2_instances"]
    assert row["arn"].startswith(f"arn:{partition}:ec2:{region}:")


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ({"Managed": True, "Principal": "ecs.amazonaws.com"}, "ecs.amazonaws.com"),
        ({"Managed": True}, "an AWS service"),
        ({"Managed": False}, None),
    ],
)
def test_who_manages_an_instance(operator: dict[str, object], expected: str | None) -> None:
    found = {"InstanceId": "i-1", "State": {"Name": "running"}, "Operator": operator}
    account = scripted({"ec2:DescribeInstances": [{"Instances": [found]}]})
    (row,) = collect("ec2_instances", account)["ec2_instances"]
    assert row["operator_principal"] == expected
