"""Machines outside AWS that SSM manages."""

from __future__ import annotations

from typing import Any

from pipeline.collectors._arns import arn
from pipeline.collectors._listing import listing
from pipeline.schema import ARN, Column, Dataset, account_column

HYBRID = [{"Key": "ResourceType", "Values": ["ManagedInstance"]}]

INSTANCES = Dataset(
    "ssm_managed_instances",
    "Machines outside AWS that were registered with a hybrid activation.",
    "region",
    ("ssm:DescribeInstanceInformation",),
    (
        account_column(),
        Column("region", "varchar", "Region in which it is managed", required=True),
        Column(
            "instance_id",
            "varchar",
            "Id of the managed node (mi-...)",
            required=True,
            pattern="mi-.+",
            source="InstanceId",
        ),
        Column("arn", "varchar", "ARN of the managed node", required=True, pattern=ARN),
        Column("activation_id", "varchar", "Id of the activation that it registered with", source="ActivationId"),
        Column(
            "ping_status",
            "varchar",
            "Ping status of its agent: Online, ConnectionLost or Inactive",
            source="PingStatus",
        ),
        Column("last_ping_at", "timestamp", "When its agent last sent a ping (UTC)", source="LastPingDateTime"),
        Column("registered_at", "timestamp", "When it registered (UTC)", source="RegistrationDate"),
    ),
    key=("account_id", "region", "instance_id"),
)

DATASETS = (INSTANCES,)


def _is_hybrid(instance: dict[str, Any]) -> bool:
    return str(instance["InstanceId"]).startswith("mi-")


collect = listing(
    INSTANCES,
    "InstanceInformationList",
    keep=_is_hybrid,
    computed={"arn": lambda account, instance: arn(account, "ssm", f"managed-instance/{instance['InstanceId']}")},
    Filters=HYBRID,
)
