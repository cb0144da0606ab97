"""Collector `eks_pod_identity_associations`."""

from __future__ import annotations

from tests.pipeline.collectors.support import WHERE, rows_of, scripted


def test_associations_of_each_cluster() -> None:
    def listed(clusterName: str) -> list[dict[str, str]]:
        arn = f"arn:association/{clusterName}"
        return [{"associationArn": arn, "namespace": "default", "serviceAccount": "app", "clusterName": clusterName}]

    clusters = [WHERE | {"cluster_name": name, "arn": f"arn:cluster/{name}"} for name in ("a", "b")]
    account = scripted({"eks:ListPodIdentityAssociations": listed}, eks_clusters=clusters)
    assert rows_of("eks_pod_identity_associations", account) == [
        WHERE
        | {
            "association_arn": f"arn:association/{name}",
            "cluster_arn": f"arn:cluster/{name}",
            "namespace": "default",
            "service_account": "app",
        }
        for name in ("a", "b")
    ]
