"""Collector `organization_tree`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import (
    DAY,
    ScriptedAccount,
    collect,
)


def organization(answers: dict[str, Any]) -> ScriptedAccount:
    base = {
        "organizations:ListRoots": [
            {
                "Id": "r-1",
                "Arn": "a",
                "Name": "Root",
                "PolicyTypes": [{"Type": "S", "Status": "ENABLED"}, {"Type": "R", "Status": "PENDING_ENABLE"}],
            }
        ],
        "organizations:ListOrganizationalUnitsForParent": lambda ParentId: (
            [{"Id": "ou-1", "Arn": "a", "Name": "Work"}] if ParentId == "r-1" else []
        ),
        "organizations:ListTagsForResource": [],
    }
    return ScriptedAccount(base | answers, {"organization": [{"management_account_id": "000000000001"}]})


def member(account_id: str, **more: Any) -> dict[str, Any]:
    return {"Id": account_id, "Arn": "a", "Name": "n", "Email": "e", "JoinedTimestamp": DAY, **more}


def test_tree_takes_parents_from_paths() -> None:
    found = [
        member("000000000001", State="ACTIVE", Status="SUSPENDED", Paths=["o-1/r-1/000000000001/"]),
        member("000000000002", State="ACTIVE", Paths=["o-1/r-1/ou-1/000000000002/"]),
        member("000000000003", State="CLOSED"),
    ]
    account = organization({"organizations:ListAccounts": found})
    rows = collect("organization_tree", account)
    assert [(a["parent_id"], a["state"]) for a in rows["accounts"]] == [
        ("r-1", "ACTIVE"),
        ("ou-1", "ACTIVE"),
        (None, "CLOSED"),
    ]
    assert [a["is_management"] for a in rows["accounts"]] == [True, False, False]
    assert rows["organization_roots"][0]["enabled_policy_types"] == ["S"]
    assert rows["organizational_units"] == [{"ou_id": "ou-1", "arn": "a", "name": "Work", "parent_id": "r-1"}]
    assert "organizations:ListAccountsForParent" not in dict(account.asked)


def test_tree_walks_where_there_are_no_paths_and_falls_back_to_status() -> None:
    found = [member("000000000001", Status="ACTIVE"), member("000000000002", Status="SUSPENDED")]
    under = {"r-1": found[:1], "ou-1": found[1:]}
    account = organization(
        {"organizations:ListAccounts": found, "organizations:ListAccountsForParent": lambda ParentId: under[ParentId]}
    )
    rows = collect("organization_tree", account)["accounts"]
    assert [(a["parent_id"], a["state"]) for a in rows] == [("r-1", "ACTIVE"), ("ou-1", "SUSPENDED")]
    assert [operation for operation, _ in account.asked].count("organizations:ListAccountsForParent") == 2
