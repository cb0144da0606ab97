"""The service accounts of EKS clusters that get a role by Pod Identity."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors.eks_clusters import CLUSTERS
from pipeline.schema import ARN, Column, Dataset, Row, account_column

OPERATION = "eks:ListPodIdentityAssociations"

ASSOCIATIONS = Dataset(
    "eks_pod_identity_associations",
    "Pod Identity associations of EKS clusters.",
    "region",
    (*CLUSTERS.operations, OPERATION),
    (
        account_column(),
        Column("region", "varchar", "Region of the cluster", required=True),
        Column("association_arn", "varchar", "ARN of the association", required=True, pattern=ARN),
        Column("cluster_arn", "varchar", "ARN of the cluster", required=True, references="eks_clusters.arn"),
        Column("namespace", "varchar", "Namespace of the service account", required=True),
        Column("service_account", "varchar", "Name of the service account", required=True),
    ),
    key=("account_id", "region", "association_arn"),
)

DATASETS = (ASSOCIATIONS,)


def collect(account: Account) -> Rows:
    clusters = account.rows(CLUSTERS.name)
    rows = each(account, ASSOCIATIONS, clusters, lambda one: _of_cluster(account, one), lambda one: str(one["arn"]))
    return {ASSOCIATIONS.name: rows}


def _of_cluster(account: Account, cluster: Row) -> Iterator[Row]:
    for found in account.pages(OPERATION, "associations", may_be_gone=True, clusterName=cluster["cluster_name"]):
        yield {
            "account_id": account.account_id,
            "region": account.region,
            "association_arn": found["associationArn"],
            "cluster_arn": cluster["arn"],
            "namespace": found["namespace"],
            "service_account": found["serviceAccount"],
        }
