"""EKS Pod Identity associations: service accounts of EKS clusters that are given a role."""

from __future__ import annotations

from pipeline.collectors._listing import Each, listing
from pipeline.collectors.eks_clusters import CLUSTERS
from pipeline.schema import ARN, Column, Dataset, account_column

ASSOCIATIONS = Dataset(
    "eks_pod_identity_associations",
    "Pod Identity associations of EKS clusters.",
    "region",
    (*CLUSTERS.operations, "eks:ListPodIdentityAssociations"),
    (
        account_column(),
        Column("region", "varchar", "Region of the cluster", required=True),
        Column(
            "association_arn", "varchar", "ARN of the association", required=True, pattern=ARN, source="associationArn"
        ),
        Column("cluster_arn", "varchar", "ARN of the cluster", required=True, references="eks_clusters.arn"),
        Column("namespace", "varchar", "Kubernetes namespace", required=True, source="namespace"),
        Column("service_account", "varchar", "Kubernetes service account", required=True, source="serviceAccount"),
    ),
    key=("account_id", "region", "association_arn"),
)

DATASETS = (ASSOCIATIONS,)

collect = listing(ASSOCIATIONS, "associations", each=Each(CLUSTERS, {"clusterName": "cluster_name"}))
