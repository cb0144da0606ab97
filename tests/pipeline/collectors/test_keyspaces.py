"""Collector `keyspaces`."""

from __future__ import annotations

from tests.pipeline.collectors.support import WHERE, rows_of, scripted


def test_keyspaces_but_for_those_of_aws() -> None:
    names = ("system", "system_schema_mcs", "orders", "systems")
    spaces = [{"keyspaceName": name, "resourceArn": f"arn:{name}"} for name in names]
    rows = rows_of("keyspaces", scripted({"cassandra:ListKeyspaces": spaces}))
    assert rows == [WHERE | {"keyspace_name": name} for name in ("orders", "systems")]
