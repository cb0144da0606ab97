"""Machines outside AWS that SSM manages."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._arns import arn
from pipeline.collectors._values import utc
from pipeline.schema import ARN, Column, Dataset, account_column

OPERATION = "ssm:DescribeInstanceInformation"
HYBRID = [{"Key": "ResourceType", "Values": ["ManagedInstance"]}]

INSTANCES = Dataset(
    "ssm_managed_instances",
    "Machines outside AWS that registered with a hybrid activation.",
    "region",
    (OPERATION,),
    (
        account_column(),
        Column("region", "varchar", "Region that manages it", required=True),
        Column("instance_id", "varchar", "Id of the machine (mi-...)", required=True, pattern="mi-.+"),
        Column("arn", "varchar", "ARN of the machine", required=True, pattern=ARN),
        Column("activation_id", "varchar", "Id of the activation that it registered with"),
        Column("ping_status", "varchar", "Whether SSM hears of it: Online, ConnectionLost, Inactive"),
        Column("last_ping_at", "timestamp", "When SSM last heard of it (UTC)"),
        Column("registered_at", "timestamp", "When it registered (UTC)"),
    ),
    key=("account_id", "region", "instance_id"),
)

DATASETS = (INSTANCES,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "region": account.region,
            "instance_id": found["InstanceId"],
            "arn": arn(account, "ssm", f"managed-instance/{found['InstanceId']}"),
            "activation_id": found.get("ActivationId"),
            "ping_status": found.get("PingStatus"),
            "last_ping_at": utc(found.get("LastPingDateTime")),
            "registered_at": utc(found.get("RegistrationDate")),
        }
        for found in account.pages(OPERATION, "InstanceInformationList", Filters=HYBRID)
        if found["InstanceId"].startswith("mi-")
    ]
    return {INSTANCES.name: rows}
