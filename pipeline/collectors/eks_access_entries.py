"""Access entries of EKS clusters with Hybrid Nodes: the IAM principals that can access them."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.eks_clusters import CLUSTERS, GONE
from pipeline.schema import ARN, Column, Dataset, account_column

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
    rows = []
    for cluster in account.rows(CLUSTERS.name):
        # A cluster with a config map alone has no access entries and refuses the question.
        if not cluster["has_remote_network"] or cluster["authentication_mode"] == "CONFIG_MAP":
            continue
        name = cluster["cluster_name"]
        for principal in account.pages(LIST, "accessEntries", GONE, clusterName=name):
            answer = account.optional(DESCRIBE, *GONE, clusterName=name, principalArn=principal)
            if answer:
                rows.append(
                    {
                        "account_id": account.account_id,
                        "region": account.region,
                        "cluster_arn": cluster["arn"],
                        "principal_arn": principal,
                        "entry_type": answer["accessEntry"]["type"],
                    }
                )
    return {ENTRIES.name: rows}
