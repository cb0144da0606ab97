"""External instances registered in ECS clusters (ECS Anywhere)."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._batches import Describe, counted
from pipeline.collectors._items import each
from pipeline.collectors._values import utc
from pipeline.collectors.ecs_clusters import CLUSTERS
from pipeline.schema import ARN, Column, Dataset, Row, account_column

LIST, DESCRIBE = "ecs:ListContainerInstances", "ecs:DescribeContainerInstances"
LARGEST_PAGE = LARGEST_BATCH = 100

INSTANCES = Dataset(
    "ecs_external_instances",
    "External container instances: those that SSM manages.",
    "region",
    (*CLUSTERS.operations, LIST, DESCRIBE),
    (
        account_column(),
        Column("region", "varchar", "Region of the container instance", required=True),
        Column("container_instance_arn", "varchar", "ARN of the container instance", required=True, pattern=ARN),
        Column("cluster_arn", "varchar", "ARN of its cluster", required=True, references="ecs_clusters.cluster_arn"),
        Column("instance_id", "varchar", "Id of the managed node in SSM (mi-...)", required=True, pattern="mi-.+"),
        Column("is_agent_connected", "boolean", "Whether its container agent is connected", required=True),
        Column("registered_at", "timestamp", "When it was registered (UTC)"),
    ),
    key=("account_id", "region", "container_instance_arn"),
)

DATASETS = (INSTANCES,)
BATCH = Describe(
    DESCRIBE, "containerInstances", "containerInstances", ("containerInstanceArn",), "failures", LARGEST_BATCH
)


def collect(account: Account) -> Rows:
    rows = account.rows(CLUSTERS.name)
    clusters = {row["cluster_arn"]: row["container_instances"] for row in rows if row["container_instances"]}
    return {
        INSTANCES.name: each(account, INSTANCES, clusters, lambda arn: _of_cluster(account, arn, clusters[arn]), str)
    }


def _of_cluster(account: Account, cluster: str, hosts: int) -> Iterator[Row]:
    arns = counted(account, LIST, "containerInstanceArns", hosts, cluster=cluster, maxResults=LARGEST_PAGE)
    for instance in BATCH.all(account, INSTANCES, arns, cluster=cluster):
        if instance.get("ec2InstanceId", "").startswith("mi-"):
            yield {
                "account_id": account.account_id,
                "region": account.region,
                "container_instance_arn": instance["containerInstanceArn"],
                "cluster_arn": cluster,
                "instance_id": instance["ec2InstanceId"],
                "is_agent_connected": instance["agentConnected"],
                "registered_at": utc(instance.get("registeredAt")),
            }
