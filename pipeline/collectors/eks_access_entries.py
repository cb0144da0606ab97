"""Access entries of EKS clusters with Hybrid Nodes: the IAM principals that can access them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors.eks_clusters import CLUSTERS
from pipeline.schema import ARN, Column, Dataset, Row, account_column

LIST, DESCRIBE = "eks:ListAccessEntries", "eks:DescribeAccessEntry"

ENTRIES = Dataset(
    "eks_access_entries",
    "Access entries of EKS clusters with Hybrid Nodes.",
    "region",
    (*CLUSTERS.operations, LIST, DESCRIBE),
    (
        account_column(),
        Column("region", "varchar", "Region of the cluster", required=True),
        Column("cluster_arn", "varchar", "ARN of the cluster", required=True, references="eks_clusters.arn"),
        Column("principal_arn", "varchar", "ARN of the role or user", required=True, pattern=ARN),
        Column(
            "entry_type", "varchar", "Type of the access entry: HYBRID_LINUX, EC2_LINUX, STANDARD, ...", required=True
        ),
    ),
    key=("account_id", "region", "cluster_arn", "principal_arn"),
)

DATASETS = (ENTRIES,)


def collect(account: Account) -> Rows:
    # A cluster with a config map alone has no access entries and refuses the question.
    clusters = [
        cluster
        for cluster in account.rows(CLUSTERS.name)
        if cluster["has_remote_network"] and cluster["authentication_mode"] != "CONFIG_MAP"
    ]
    rows = each(
        account, ENTRIES, clusters, lambda cluster: _of_cluster(account, cluster), lambda cluster: str(cluster["arn"])
    )
    return {ENTRIES.name: rows}


def _of_cluster(account: Account, cluster: Row) -> Iterator[Row]:
    name = cluster["cluster_name"]
    for principal in account.pages(LIST, "accessEntries", may_be_gone=True, clusterName=name):
        answer = account.optional(DESCRIBE, clusterName=name, principalArn=principal)
        if answer:
            yield {
                "account_id": account.account_id,
                "region": account.region,
                "cluster_arn": cluster["arn"],
                "principal_arn": principal,
                "entry_type": answer["accessEntry"]["type"],
            }
