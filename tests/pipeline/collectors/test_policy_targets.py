"""Collector `policy_targets`."""

from __future__ import annotations

from tests.pipeline.collectors.support import rows_of, scripted


def test_targets_of_each_policy() -> None:
    def targets(PolicyId: str) -> list[dict[str, str]]:
        joined = {"TargetId": "111122223333", "Type": "ACCOUNT"}  # since the tree was read
        return [{"TargetId": "r-1", "Type": "ROOT"}, joined] if PolicyId == "p-1" else []

    tree = {"organization_roots": [{"root_id": "r-1"}], "organizational_units": [], "accounts": []}
    policies = [{"policy_id": "p-1"}, {"policy_id": "p-2"}]
    account = scripted({"organizations:ListTargetsForPolicy": targets}, organization_policies=policies, **tree)
    assert rows_of("policy_targets", account) == [{"policy_id": "p-1", "target_id": "r-1", "target_type": "ROOT"}]
    assert [params for _, params in account.asked] == [{"PolicyId": "p-1"}, {"PolicyId": "p-2"}]
