"""EKS clusters: their OIDC issuers, and whether nodes outside AWS can join (Hybrid Nodes)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._arns import arn
from pipeline.collectors._items import each
from pipeline.schema import ARN, Column, Dataset, Row, account_column

LIST, DESCRIBE = "eks:ListClusters", "eks:DescribeCluster"

CLUSTERS = Dataset(
    "eks_clusters",
    "EKS clusters that run on AWS, without connected clusters.",
    "region",
    (LIST, DESCRIBE),
    (
        account_column(),
        Column("region", "varchar", "Region of the cluster", required=True),
        Column("cluster_name", "varchar", "Name of the cluster", required=True),
        Column("arn", "varchar", "ARN of the cluster", required=True, pattern=ARN),
        Column("status", "varchar", "Status of the cluster", required=True),
        Column("oidc_issuer", "varchar", "OIDC issuer of its service account tokens"),
        Column("authentication_mode", "varchar", "Authentication mode: API, API_AND_CONFIG_MAP, CONFIG_MAP"),
        Column("has_remote_network", "boolean", "Whether nodes outside AWS can join (Hybrid Nodes)", required=True),
    ),
    key=("account_id", "region", "arn"),
)

DATASETS = (CLUSTERS,)


def collect(account: Account) -> Rows:
    names = list(account.pages(LIST, "clusters"))
    rows = each(
        account,
        CLUSTERS,
        names,
        lambda name: _described(account, name),
        lambda name: arn(account, "eks", f"cluster/{name}"),
    )
    return {CLUSTERS.name: rows}


def _described(account: Account, name: str) -> Iterator[Row]:
    answer = account.optional(DESCRIBE, name=name)
    if answer:
        yield _row(account, answer["cluster"])


def _row(account: Account, cluster: dict[str, Any]) -> Row:
    return {
        "account_id": account.account_id,
        "region": account.region,
        "cluster_name": cluster["name"],
        "arn": cluster["arn"],
        "status": cluster["status"],
        "oidc_issuer": cluster.get("identity", {}).get("oidc", {}).get("issuer"),
        "authentication_mode": cluster.get("accessConfig", {}).get("authenticationMode"),
        "has_remote_network": bool(cluster.get("remoteNetworkConfig", {}).get("remoteNodeNetworks")),
    }
