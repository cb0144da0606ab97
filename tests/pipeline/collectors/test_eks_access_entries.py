"""Collector `eks_access_entries`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import (
    WHERE,
    collect,
    scripted,
)


def test_access_entries_are_asked_only_of_clusters_that_have_them_and_need_them() -> None:
    clusters = [
        {"cluster_name": "edge", "arn": "arn:edge", "has_remote_network": True, "authentication_mode": "API"},
        {"cluster_name": "map", "arn": "arn:map", "has_remote_network": True, "authentication_mode": "CONFIG_MAP"},
        {"cluster_name": "cloud", "arn": "arn:cloud", "has_remote_network": False, "authentication_mode": "API"},
    ]

    def describe(clusterName: str, principalArn: str) -> Any:
        return {"accessEntry": {"type": "HYBRID_LINUX"}} if principalArn == "arn:node" else None

    answers = {"eks:ListAccessEntries": ["arn:node", "arn:gone"], "eks:DescribeAccessEntry": describe}
    account = scripted(answers, eks_clusters=clusters)
    assert collect("eks_access_entries", account)["eks_access_entries"] == [
        WHERE | {"cluster_arn": "arn:edge", "principal_arn": "arn:node", "entry_type": "HYBRID_LINUX"}
    ]
    assert [operation for operation, _ in account.asked].count("eks:ListAccessEntries") == 1
