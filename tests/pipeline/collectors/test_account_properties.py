"""Collector `account_properties`."""

from __future__ import annotations

from tests.pipeline.collectors.support import MEMBER, ScriptedAccount, collect


def test_each_property_is_a_row() -> None:
    answer = {"Properties": {"RoleManager/Status": "Enabled", "Other/Name": "x"}}
    rows = collect("account_properties", ScriptedAccount({"iam:GetAccountProperties": answer}))["account_properties"]
    assert rows == [
        {"account_id": MEMBER, "property": "Other/Name", "value": "x"},
        {"account_id": MEMBER, "property": "RoleManager/Status", "value": "Enabled"},
    ]


def test_an_endpoint_that_does_not_know_the_operation_has_none() -> None:
    assert (
        collect("account_properties", ScriptedAccount({"iam:GetAccountProperties": None}))["account_properties"] == []
    )
