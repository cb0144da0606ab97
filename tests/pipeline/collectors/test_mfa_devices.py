"""Collector `mfa_devices`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import (
    DAY,
    MEMBER,
    ScriptedAccount,
    collect,
)


def test_mfa_devices_of_users_and_root() -> None:
    def device(serial: str, user: dict[str, str]) -> dict[str, Any]:
        return {"SerialNumber": serial, "EnableDate": DAY, "User": user}

    root, virtual = f"arn:aws:iam::{MEMBER}:mfa/root-account-mfa-device", f"arn:aws:iam::{MEMBER}:mfa/ann"
    listed = [
        device(root, {"Arn": f"arn:aws:iam::{MEMBER}:root"}),
        device(virtual, {"Arn": f"arn:aws:iam::{MEMBER}:user/ann", "UserName": "ann"}),
    ]
    key = {"SerialNumber": f"arn:aws:iam::{MEMBER}:u2f/user/ann/key", "EnableDate": DAY}
    of_ann = [{"SerialNumber": virtual, "EnableDate": DAY}, key]
    account = ScriptedAccount(
        {"iam:ListVirtualMFADevices": listed, "iam:ListMFADevices": of_ann},
        {
            "credential_report": [
                {"user_name": "<root_account>", "arn": "r", "is_mfa_active": True},
                {"user_name": "ann", "arn": f"arn:aws:iam::{MEMBER}:user/ann", "is_mfa_active": True},
                {"user_name": "bob", "arn": "b", "is_mfa_active": False},
            ]
        },
    )
    rows = collect("mfa_devices", account)["mfa_devices"]
    assert [params for operation, params in account.asked if operation == "iam:ListMFADevices"] == [{"UserName": "ann"}]
    assert [(row["user_name"], row["serial_number"]) for row in rows] == [
        ("<root_account>", root),
        ("ann", virtual),
        ("ann", key["SerialNumber"]),
    ]
