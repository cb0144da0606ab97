"""The credential report: passwords, MFA, access keys and certificates of all users and of the root user.

AWS generates it at most once every four hours; `generated_at` says when.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from datetime import datetime

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import ARN, Column, Dataset, Row, account_column

ROOT_USER = "<root_account>"
GENERATE, GET = "iam:GenerateCredentialReport", "iam:GetCredentialReport"
POLLS = 12
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 10.0


def _access_key(number: int) -> tuple[Column, ...]:
    key = f"access_key_{number}"
    return (
        Column(f"{key}_active", "boolean", f"Whether access key {number} is active", required=True),
        Column(
            f"{key}_last_rotated_at",
            "timestamp",
            f"When key {number} was created or rotated (UTC); null if there is none",
        ),
        Column(f"{key}_last_used_at", "timestamp", f"When key {number} was last used (UTC); null for never"),
        Column(f"{key}_last_used_region", "varchar", f"Region in which key {number} was last used"),
        Column(f"{key}_last_used_service", "varchar", f"Service for which key {number} was last used"),
    )


def _certificate(number: int) -> tuple[Column, ...]:
    return (
        Column(f"cert_{number}_active", "boolean", f"Whether signing certificate {number} is active", required=True),
        Column(f"cert_{number}_last_rotated_at", "timestamp", f"When certificate {number} was uploaded (UTC)"),
    )


REPORT = Dataset(
    "credential_report",
    "The credential report: a row for each IAM user and one for the root user (not in GovCloud).",
    "account",
    (GENERATE, GET),
    (
        account_column(),
        Column("user_name", "varchar", f"Name of the user, {ROOT_USER} for the root user", required=True),
        Column("arn", "varchar", "ARN of the user", required=True, pattern=ARN),
        Column("created_at", "timestamp", "When the user was created (UTC)"),
        Column(
            "password_enabled",
            "boolean",
            "Whether console access with a password is enabled; null where AWS does not say",
        ),
        Column("password_last_used_at", "timestamp", "When the password was last used (UTC); null for never"),
        Column("password_last_changed_at", "timestamp", "When the password was last changed (UTC)"),
        Column("password_next_rotation_at", "timestamp", "When the password must be changed (UTC); null for never"),
        Column("is_mfa_active", "boolean", "Whether MFA is enabled", required=True),
        *_access_key(1),
        *_access_key(2),
        *_certificate(1),
        *_certificate(2),
        Column("generated_at", "timestamp", "When AWS generated the report (UTC)", required=True),
    ),
    key=("account_id", "user_name"),
)

DATASETS = (REPORT,)

# Ours to theirs where the two differ by more than the "_at" of a moment.
RENAMED = {"user_name": "user", "created_at": "user_creation_time", "is_mfa_active": "mfa_active"}
LAST_USED = {f"access_key_{n}_last_used_at": f"access_key_{n}_last_used_date" for n in (1, 2)}
NO_VALUE = {"", "N/A", "no_information", "not_supported"}


def collect(account: Account) -> Rows:
    _generate(account)
    answer = account.call(GET)
    generated_at = utc(answer["GeneratedTime"])
    account.dated(GET, generated_at)
    lines = csv.DictReader(io.StringIO(answer["Content"].decode("utf-8")))
    return {REPORT.name: list(_rows(account.account_id, generated_at, lines))}


def _generate(account: Account) -> None:
    """Ask until the report is made; each pause is twice the one before."""
    pause = FIRST_PAUSE_SECONDS
    for _ in range(POLLS):
        if account.call(GENERATE)["State"] == "COMPLETE":
            return
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    raise account.failed(GENERATE, "timeout", f"not complete after {POLLS} requests")


def _rows(account_id: str, generated_at: datetime | None, lines: csv.DictReader[str]) -> Iterator[Row]:
    for line in lines:
        row: Row = {"account_id": account_id, "generated_at": generated_at}
        for column in REPORT.columns:
            if column.name not in row:
                row[column.name] = _value(column, line[_theirs(column.name)])
        yield row


def _theirs(name: str) -> str:
    return RENAMED.get(name) or LAST_USED.get(name) or name.removesuffix("_at")


def _value(column: Column, text: str) -> str | bool | datetime | None:
    if column.type == "boolean":
        return {"true": True, "false": False}.get(text.lower())
    if text in NO_VALUE:
        return None
    return utc(datetime.fromisoformat(text)) if column.type == "timestamp" else text
