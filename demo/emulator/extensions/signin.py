"""AWS Sign-In: console access control. Two accounts limit their console, one of them with an exception too many."""

from __future__ import annotations

from typing import Any

from demo.emulator.call import Call
from demo.emulator.errors import ApiError

OFFICE = ["203.0.113.0/24"]
EXCLUDED = {"payments-ledger-prod": (), "harborlight-erp": ("user/erp-support",)}
"""Of the accounts with a sign-in policy: whom it excludes."""


def get_console_authorization_configuration(call: Call) -> dict[str, Any]:
    _configured(call)
    return {"targetId": call.account.id, "scope": "ACCOUNT", "consoleAuthorizationEnabled": True}


def get_resource_policy(call: Call) -> dict[str, Any]:
    principals = [f"arn:aws:iam::{call.account.id}:{name}" for name in _configured(call)]
    condition: dict[str, Any] = {"NotIpAddress": {"aws:SourceIp": OFFICE}}
    statement = {
        "effect": "Deny",
        "principal": {"AWS": "*"},
        "action": ["signin:Authenticate", "signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token"],
        "resource": "*",
        "condition": condition | ({"ArnNotEquals": {"signin:PrincipalArn": principals}} if principals else {}),
    }
    return {"signinResourceBasedPolicy": {"version": "2012-10-17", "statement": [statement]}}


def _configured(call: Call) -> tuple[str, ...]:
    if call.account.name not in EXCLUDED:
        raise ApiError("ResourceNotFoundException", f"No configuration was found for {call.account.id}.")
    return EXCLUDED[call.account.name]
