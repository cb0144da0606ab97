"""MFA devices of users and of the root user.

Virtual devices come in one list, including the root user's. Hardware devices and passkeys are listed user by user: for
users with MFA in the credential report, and for those without who can sign in, since the report may be hours older than
their device. No API lists the root user's hardware device.

A user who had devices, with MFA in the report and the same virtual devices as on the last night, is asked once in seven
nights; one without is asked every night.
"""

from __future__ import annotations

from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors._turns import stays
from pipeline.collectors._values import utc
from pipeline.collectors.credential_report import REPORT, ROOT_USER, unchanged
from pipeline.rows import group
from pipeline.schema import ARN, Column, Dataset, Row, account_column

DEVICES = Dataset(
    "mfa_devices",
    "MFA devices that are enabled for a user, or virtually for the root user.",
    "account",
    (*REPORT.operations, "iam:ListVirtualMFADevices", "iam:ListMFADevices"),
    (
        account_column(),
        Column("user_name", "varchar", f"Name of the user, {ROOT_USER} for the root user", required=True),
        Column("user_arn", "varchar", "ARN of the user", required=True, pattern=ARN),
        Column(
            "serial_number",
            "varchar",
            "Serial number: an ARN with :mfa/ for a virtual device, with :u2f/ for a passkey, else of the hardware",
            required=True,
        ),
        Column("enabled_at", "timestamp", "When it was enabled (UTC)"),
    ),
    key=("account_id", "serial_number"),
)

DATASETS = (DEVICES,)

VIRTUAL = ":mfa/"


def collect(account: Account) -> Rows:
    virtual = account.pages("iam:ListVirtualMFADevices", "VirtualMFADevices", AssignmentStatus="Assigned")
    rows = [_virtual(account.account_id, device) for device in virtual if device.get("User")]
    listed = {row["user_arn"] for row in rows}
    users = [
        user
        for user in account.rows(REPORT.name)
        if user["user_name"] != ROOT_USER
        and (user["is_mfa_active"] or (user["password_enabled"] is not False and user["arn"] not in listed))
    ]
    kept = _remembered(account, rows)

    def read(user: Row) -> list[Row]:
        return kept.get(user["arn"]) or _of_user(account, user)

    rows += each(account, DEVICES, users, read, lambda user: str(user["arn"]))
    return {DEVICES.name: list({row["serial_number"]: row for row in rows}.values())}


def _remembered(account: Account, virtual: list[Row]) -> dict[str, list[Row]]:
    """The devices of the last night of users who are not asked for tonight, by ARN; `virtual` are those of tonight."""
    kept, shown = group(account.of_last_night(DEVICES) or (), "user_arn"), group(virtual, "user_arn")
    users = unchanged(account, lambda user: (user["is_mfa_active"], user["password_enabled"]))
    return {
        arn: kept[arn]
        for arn in (user["arn"] for user in users if user["is_mfa_active"])
        if {row["serial_number"] for row in shown[arn]}
        == {row["serial_number"] for row in kept[arn] if VIRTUAL in row["serial_number"]}
        and stays(account, DEVICES, arn)
    }


def _virtual(account_id: str, device: dict[str, Any]) -> Row:
    user = device["User"]
    return {
        "account_id": account_id,
        "user_name": ROOT_USER if user["Arn"].endswith(":root") else user["UserName"],
        "user_arn": user["Arn"],
        "serial_number": device["SerialNumber"],
        "enabled_at": utc(device.get("EnableDate")),
    }


def _of_user(account: Account, user: Row) -> list[Row]:
    # The report may be hours old: a user deleted since has no devices.
    devices = account.pages("iam:ListMFADevices", "MFADevices", may_be_gone=True, UserName=user["user_name"])
    return [
        {
            "account_id": account.account_id,
            "user_name": user["user_name"],
            "user_arn": user["arn"],
            "serial_number": device["SerialNumber"],
            "enabled_at": utc(device.get("EnableDate")),
        }
        for device in devices
    ]
