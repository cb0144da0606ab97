"""EC2 instances: their instance profiles and the options of their instance metadata service (IMDS)."""

from __future__ import annotations

from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._arns import arn
from pipeline.schema import ARN, Column, Dataset, Row, account_column

OPERATION = "ec2:DescribeInstances"
LARGEST_PAGE = 1000

INSTANCES = Dataset(
    "ec2_instances",
    "EC2 instances. Tags and user data are not stored.",
    "region",
    (OPERATION,),
    (
        account_column(),
        Column("region", "varchar", "Region of the instance", required=True),
        Column("instance_id", "varchar", "Id of the instance", required=True),
        Column("arn", "varchar", "ARN of the instance", required=True, pattern=ARN),
        Column(
            "state",
            "varchar",
            "Instance state",
            required=True,
            values=("pending", "running", "shutting-down", "terminated", "stopping", "stopped"),
        ),
        Column("instance_profile_arn", "varchar", "ARN of its instance profile; null for none", pattern=ARN),
        Column(
            "http_tokens",
            "varchar",
            "Whether its metadata service requires session tokens (IMDSv2)",
            values=("optional", "required"),
        ),
        Column("http_endpoint", "varchar", "Whether its metadata service is enabled", values=("disabled", "enabled")),
        Column(
            "operator_principal", "varchar", "Service that manages the instance, and alone may change it; null for none"
        ),
    ),
    key=("account_id", "region", "arn"),
)

DATASETS = (INSTANCES,)


def collect(account: Account) -> Rows:
    reservations = account.pages(OPERATION, "Reservations", MaxResults=LARGEST_PAGE, IncludeManagedResources=True)
    rows = [_row(account, instance) for reservation in reservations for instance in reservation["Instances"]]
    return {INSTANCES.name: rows}


def _row(account: Account, instance: dict[str, Any]) -> Row:
    options = instance.get("MetadataOptions", {})
    return {
        "account_id": account.account_id,
        "region": account.region,
        "instance_id": instance["InstanceId"],
        "arn": arn(account, "ec2", f"instance/{instance['InstanceId']}"),
        "state": instance["State"]["Name"],
        "instance_profile_arn": instance.get("IamInstanceProfile", {}).get("Arn"),
        "http_tokens": options.get("HttpTokens"),
        "http_endpoint": options.get("HttpEndpoint"),
        "operator_principal": _operator(instance.get("Operator", {})),
    }


def _operator(operator: dict[str, Any]) -> str | None:
    """The service that runs the instance for the account (ECS, EKS, Lambda, WorkSpaces): only it can change it.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/amazon-ec2-managed-instances.html
    """
    return str(operator.get("Principal") or "an AWS service") if operator.get("Managed") else None
