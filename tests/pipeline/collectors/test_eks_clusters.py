"""Collector `eks_clusters`."""

from __future__ import annotations

from tests.pipeline.collectors.support import (
    collect,
    scripted,
)


def test_clusters_of_eks_and_one_that_was_deleted_meanwhile() -> None:
    hybrid = {
        "name": "edge",
        "arn": "arn:aws:eks:x:1:cluster/edge",
        "status": "ACTIVE",
        "identity": {"oidc": {"issuer": "https://oidc.eks.x.amazonaws.com/id/A"}},
        "accessConfig": {"authenticationMode": "API"},
        "remoteNetworkConfig": {"remoteNodeNetworks": [{"cidrs": ["10.0.0.0/8"]}]},
    }
    plain = {"name": "plain", "arn": "arn:aws:eks:x:1:cluster/plain", "status": "ACTIVE", "remoteNetworkConfig": {}}
    known = {"edge": {"cluster": hybrid}, "plain": {"cluster": plain}, "gone": None}
    answers = {"eks:ListClusters": list(known), "eks:DescribeCluster": lambda name: known[name]}
    edge, other = collect("eks_clusters", scripted(answers))["eks_clusters"]
    assert (edge["has_remote_network"], edge["oidc_issuer"]) == (True, "https://oidc.eks.x.amazonaws.com/id/A")
    assert (other["has_remote_network"], other["oidc_issuer"], other["authentication_mode"]) == (False, None, None)
