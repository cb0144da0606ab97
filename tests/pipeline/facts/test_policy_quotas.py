"""Quotas of organization policies."""

from __future__ import annotations

from pipeline.facts import policy_quotas


def test_each_type_has_its_own_quotas() -> None:
    rows = {row["policy_type"]: row for row in policy_quotas.TABLE.table(list(policy_quotas.rows({}))).to_pylist()}
    scp, rcp = rows["SERVICE_CONTROL_POLICY"], rows["RESOURCE_CONTROL_POLICY"]
    assert (scp["max_characters"], scp["max_per_target"]) == (10240, 10)
    assert (rcp["max_characters"], rcp["max_per_target"]) == (5120, 5)
