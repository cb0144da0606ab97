"""Services that can be delegated to a member account."""

from __future__ import annotations

from pipeline.facts import delegated_services


def test_a_service_can_be_delegated_or_not() -> None:
    rows = delegated_services.TABLE.table(list(delegated_services.rows({}))).to_pylist()
    found = {row["service_principal"]: row["can_be_delegated"] for row in rows}
    assert len(found) == len(rows)
    assert (found["guardduty.amazonaws.com"], found["ram.amazonaws.com"]) == (True, False)
