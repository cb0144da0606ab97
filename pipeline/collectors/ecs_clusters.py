"""ECS clusters, and whether anything is in them."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._batches import Describe
from pipeline.schema import ARN, Column, Dataset, account_column

LIST, DESCRIBE = "ecs:ListClusters", "ecs:DescribeClusters"
LARGEST_PAGE = LARGEST_BATCH = 100

CLUSTERS = Dataset(
    "ecs_clusters",
    "ECS clusters, and how much is in them.",
    "region",
    (LIST, DESCRIBE),
    (
        account_column(),
        Column("region", "varchar", "Region of the cluster", required=True),
        Column("cluster_arn", "varchar", "ARN of the cluster", required=True, pattern=ARN),
        Column("active_services", "bigint", "Services that are active in it", required=True),
        Column("running_tasks", "bigint", "Tasks that run in it", required=True),
        Column("container_instances", "bigint", "Hosts registered in it", required=True),
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
