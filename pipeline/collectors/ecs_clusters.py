"""ECS clusters, and how many services, tasks and container instances they have."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._batches import Describe
from pipeline.schema import ARN, Column, Dataset, account_column

LIST, DESCRIBE = "ecs:ListClusters", "ecs:DescribeClusters"
LARGEST_PAGE = LARGEST_BATCH = 100

CLUSTERS = Dataset(
    "ecs_clusters",
    "ECS clusters with their numbers of services, tasks and container instances.",
    "region",
    (LIST, DESCRIBE),
    (
        account_column(),
        Column("region", "varchar", "Region of the cluster", required=True),
        Column("cluster_arn", "varchar", "ARN of the cluster", required=True, pattern=ARN),
        Column("active_services", "bigint", "Active services", required=True),
        Column("running_tasks", "bigint", "Running tasks", required=True),
        Column("container_instances", "bigint", "Registered container instances", required=True),
    ),
    key=("account_id", "region", "cluster_arn"),
)

DATASETS = (CLUSTERS,)
BATCH = Describe(DESCRIBE, "clusters", "clusters", ("clusterArn",), "failures", LARGEST_BATCH)


def collect(account: Account) -> Rows:
    arns = list(account.pages(LIST, "clusterArns", maxResults=LARGEST_PAGE))
    rows = [
        {
            "account_id": account.account_id,
            "region": account.region,
            "cluster_arn": cluster["clusterArn"],
            "active_services": cluster["activeServicesCount"],
            "running_tasks": cluster["runningTasksCount"],
            "container_instances": cluster["registeredContainerInstancesCount"],
        }
        for cluster in BATCH.all(account, CLUSTERS, arns)
    ]
    return {CLUSTERS.name: rows}
