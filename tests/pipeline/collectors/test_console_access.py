"""Collector `console_access`."""

from __future__ import annotations

import json

from tests.pipeline.collectors.support import MEMBER, ScriptedAccount, collect

CONFIGURATION, POLICY = "signin:GetConsoleAuthorizationConfiguration", "signin:GetResourcePolicy"


def test_the_policy_is_in_the_form_of_iam() -> None:
    statement = {
        "effect": "Deny",
        "principal": {"AWS": "*"},
        "action": ["signin:Authenticate"],
        "resource": "*",
        "condition": {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}},
    }
    account = ScriptedAccount(
        {
            CONFIGURATION: {"consoleAuthorizationEnabled": True, "scope": "ACCOUNT", "targetId": MEMBER},
            POLICY: {"signinResourceBasedPolicy": {"version": "2012-10-17", "statement": [statement]}},
        }
    )
    (row,) = collect("console_access", account)["console_access"]
    assert (row["is_enabled"], row["applies_to"]) == (True, "ACCOUNT")
    assert json.loads(row["document"]) == {
        "Version": "2012-10-17",
        "Statement": [{name.capitalize(): value for name, value in statement.items()}],
    }


def test_an_account_that_was_never_configured_is_a_row_too() -> None:
    (row,) = collect("console_access", ScriptedAccount({CONFIGURATION: None, POLICY: None}))["console_access"]
    assert row == {"account_id": MEMBER, "is_enabled": False, "applies_to": None, "document": None}


def test_a_policy_without_statements_is_none() -> None:
    empty = {"signinResourceBasedPolicy": {"version": "2012-10-17", "statement": []}}
    account = ScriptedAccount({CONFIGURATION: {"consoleAuthorizationEnabled": True}, POLICY: empty})
    (row,) = collect("console_access", account)["console_access"]
    assert (row["is_enabled"], row["document"]) == (True, None)
