"""Collector `ssm_managed_instances`."""

from __future__ import annotations

from tests.pipeline.collectors.support import DAY, MEMBER, PLAIN, REGION, rows_of, scripted


def test_only_machines_outside_aws_are_kept() -> None:
    machines = [{"InstanceId": "mi-1", "LastPingDateTime": DAY}, {"InstanceId": "i-1"}]
    account = scripted({"ssm:DescribeInstanceInformation": machines})
    (machine,) = rows_of("ssm_managed_instances", account)
    assert (machine["instance_id"], machine["last_ping_at"]) == ("mi-1", PLAIN)
    assert machine["arn"] == f"arn:aws:ssm:{REGION}:{MEMBER}:managed-instance/mi-1"
    assert account.asked[0][1]["Filters"] == [{"Key": "ResourceType", "Values": ["ManagedInstance"]}]
