"""The service accounts of EKS clusters that get a role by Pod Identity."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.eks_clusters import CLUSTERS, GONE
from pipeline.schema import ARN, Column, Dataset, account_column

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
    rows = [
        {
            "account_id": account.account_id,
            "region": account.region,
            "association_arn": found["associationArn"],
            "cluster_arn": cluster["arn"],
            "namespace": found["namespace"],
            "service_account": found["serviceAccount"],
        }
        for cluster in account.rows(CLUSTERS.name)
        for found in account.pages(OPERATION, "associations", GONE, clusterName=cluster["cluster_name"])
    ]
    return {ASSOCIATIONS.name: rows}
