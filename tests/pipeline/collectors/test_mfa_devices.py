"""Collector `mfa_devices`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import (
    DAY,
    MEMBER,
    ScriptedAccount,
    collect,
)


def user(name: str, arn: str, password: bool | None, mfa: bool) -> dict[str, Any]:
    return {"user_name": name, "arn": arn, "password_enabled": password, "is_mfa_active": mfa}


def test_a_user_who_can_sign_in_is_asked_for_devices_that_are_newer_than_the_report() -> None:
    key = {"SerialNumber": f"arn:aws:iam::{MEMBER}:u2f/user/cyd/key", "EnableDate": DAY}
    virtual = {"SerialNumber": f"arn:aws:iam::{MEMBER}:mfa/dee", "EnableDate": DAY}
    dee = {"Arn": "d", "UserName": "dee"}
    account = ScriptedAccount(
        {"iam:ListVirtualMFADevices": [virtual | {"User": dee}], "iam:ListMFADevices": [key]},
        {"credential_report": [user("cyd", "c", True, False), user("dee", "d", True, False)]},
    )
    rows = collect("mfa_devices", account)["mfa_devices"]
    assert [params for operation, params in account.asked if operation == "iam:ListMFADevices"] == [{"UserName": "cyd"}]
    assert [row["user_name"] for row in rows] == ["dee", "cyd"]


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
                user("<root_account>", "r", None, True),
                user("ann", f"arn:aws:iam::{MEMBER}:user/ann", True, True),
                user("bob", "b", False, False),
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
