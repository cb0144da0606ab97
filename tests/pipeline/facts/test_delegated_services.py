"""Services that can be delegated to a member account."""

from __future__ import annotations

from pipeline.facts import delegated_services


def test_a_service_can_be_delegated_or_not() -> None:
    rows = delegated_services.TABLE.table(list(delegated_services.rows({}))).to_pylist()
    found = {row["service_principal"]: row["can_be_delegated"] for row in rows}
    assert len(found) == len(rows)
    assert (found["guardduty.amazonaws.com"], found["ram.amazonaws.com"]) == (True, False)


def test_stack_sets_are_delegated_under_the_name_of_their_member_service() -> None:
    found = {row["service_principal"]: row["can_be_delegated"] for row in delegated_services.rows({})}
    assert found["member.org.stacksets.cloudformation.amazonaws.com"]
    assert not found["stacksets.cloudformation.amazonaws.com"]
