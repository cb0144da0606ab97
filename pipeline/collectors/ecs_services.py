"""ECS services and their task definitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._batches import Describe, counted
from pipeline.collectors._items import each
from pipeline.collectors.ecs_clusters import CLUSTERS
from pipeline.schema import ARN, Column, Dataset, Row, account_column

LIST, DESCRIBE = "ecs:ListServices", "ecs:DescribeServices"
LARGEST_PAGE, LARGEST_BATCH = 100, 10

SERVICES = Dataset(
    "ecs_services",
    "ECS services, listed only for clusters with active services.",
    "region",
    (*CLUSTERS.operations, LIST, DESCRIBE),
    (
        account_column(),
        Column("region", "varchar", "Region of the service", required=True),
        Column("service_arn", "varchar", "ARN of the service", required=True, pattern=ARN),
        Column("cluster_arn", "varchar", "ARN of its cluster", required=True, references="ecs_clusters.cluster_arn"),
        Column("launch_type", "varchar", "Launch type; null where capacity providers decide"),
        Column("task_definition_arn", "varchar", "ARN of its task definition", pattern=ARN),
    ),
    key=("account_id", "region", "service_arn"),
)

DATASETS = (SERVICES,)
BATCH = Describe(DESCRIBE, "services", "services", ("serviceArn",), "failures", LARGEST_BATCH)


def collect(account: Account) -> Rows:
    rows = account.rows(CLUSTERS.name)
    clusters = {row["cluster_arn"]: row["active_services"] for row in rows if row["active_services"]}
    return {SERVICES.name: each(account, SERVICES, clusters, lambda arn: _of_cluster(account, arn, clusters[arn]), str)}


def _of_cluster(account: Account, cluster: str, services: int) -> Iterator[Row]:
    arns = counted(account, LIST, "serviceArns", services, cluster=cluster, maxResults=LARGEST_PAGE)
    for service in BATCH.all(account, SERVICES, arns, cluster=cluster):
        yield _row(account, cluster, service)


def _row(account: Account, cluster_arn: str, service: dict[str, Any]) -> Row:
    return {
        "account_id": account.account_id,
        "region": account.region,
        "service_arn": service["serviceArn"],
        "cluster_arn": cluster_arn,
        "launch_type": service.get("launchType"),
        "task_definition_arn": service.get("taskDefinition"),
    }
