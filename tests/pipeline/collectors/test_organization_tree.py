"""Collector `organization_tree`."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.aws.failures import CallFailed
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
        "organizations:ListAccountsForParent": [],
    }
    organization = {"management_account_id": "000000000001", "feature_set": "ALL"}
    return ScriptedAccount(base | answers, {"organization": [organization]})


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


def test_an_account_and_a_unit_that_one_list_lacks_are_taken_from_the_other() -> None:
    arn = "arn:aws:organizations::1:account/o-1/000000000001"
    found = [member("000000000001", Arn=arn, State="ACTIVE", Paths=["o-1/r-1/ou-1/ou-new/000000000001/"])]
    below = lambda ParentId: [member("000000000002", State="ACTIVE")] if ParentId == "ou-1" else []  # noqa: E731
    account = organization({"organizations:ListAccounts": found, "organizations:ListAccountsForParent": below})
    rows = collect("organization_tree", account)
    assert [(a["account_id"], a["parent_id"]) for a in rows["accounts"]] == [
        ("000000000001", "ou-new"),
        ("000000000002", "ou-1"),
    ]
    new = {"ou_id": "ou-new", "arn": "arn:aws:organizations::1:ou/o-1/ou-new", "name": "ou-new", "parent_id": "ou-1"}
    assert rows["organizational_units"][1] == new


def test_tags_that_may_not_be_read_are_decoration_unless_the_settings_select_by_them() -> None:
    def denied(ResourceId: str) -> Any:
        raise CallFailed("organizations:ListTagsForResource", "iam_deny", None, "no", "global")

    found = [member(f"{n:012}", State="ACTIVE", Paths=[f"o-1/r-1/{n:012}/"]) for n in range(1, 7)]
    account = organization({"organizations:ListAccounts": found, "organizations:ListTagsForResource": denied})
    assert {row["tags"] for row in collect("organization_tree", account)["accounts"]} == {"{}"}
    assert account.operations().count("organizations:ListTagsForResource") == 3
    account.settings.include_tags = ["team=a"]
    with pytest.raises(CallFailed):
        collect("organization_tree", account)


def test_tree_walks_where_there_are_no_paths_and_falls_back_to_status() -> None:
    found = [member("000000000001", Status="ACTIVE"), member("000000000002", Status="SUSPENDED")]
    under = {"r-1": found[:1], "ou-1": found[1:]}
    account = organization(
        {"organizations:ListAccounts": found, "organizations:ListAccountsForParent": lambda ParentId: under[ParentId]}
    )
    rows = collect("organization_tree", account)["accounts"]
    assert [(a["parent_id"], a["state"]) for a in rows] == [("r-1", "ACTIVE"), ("ou-1", "SUSPENDED")]
    assert [operation for operation, _ in account.asked].count("organizations:ListAccountsForParent") == 2


def test_an_organization_without_a_root_is_an_answer_that_was_cut() -> None:
    with pytest.raises(CallFailed) as caught:
        collect("organization_tree", organization({"organizations:ListRoots": []}))
    assert (caught.value.operation, caught.value.error_class) == ("organizations:ListRoots", "truncated")
