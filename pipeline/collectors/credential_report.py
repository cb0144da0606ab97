"""The credential report: passwords, MFA, access keys and certificates of all users and of the root user.

AWS generates it at most once every four hours; `generated_at` is the time. The list of users is live, so it decides who
exists: lines of users deleted since are dropped, and a user newer than the report is an unread record.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.aws.session import Answer
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.collectors.authorization_details import USERS
from pipeline.rows import group
from pipeline.schema import ARN, Column, Dataset, Row, account_column

ROOT_USER = "<root_account>"
MORE = "additional_credentials_info"
"""Column about users with more than two access keys or certificates; older reports do not have it."""
GENERATE, GET = "iam:GenerateCredentialReport", "iam:GetCredentialReport"
POLLS = 12
# Without a password AWS says N/A (IAM user guide, "Getting credential reports"); of the root user it says nothing.
HAS_PASSWORD = f"password_enabled or user_name = '{ROOT_USER}'"
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 10.0


def _access_key(number: int) -> tuple[Column, ...]:
    key = f"access_key_{number}"
    return (
        Column(f"{key}_active", "boolean", f"Whether access key {number} is active", required=True),
        Column(
            f"{key}_last_rotated_at",
            "timestamp",
            f"When key {number} was created or rotated (UTC); null if there is none",
            needed_if=f"{key}_active",
        ),
        Column(f"{key}_last_used_at", "timestamp", f"When key {number} was last used (UTC); null for never"),
        Column(f"{key}_last_used_region", "varchar", f"Region in which key {number} was last used"),
        Column(f"{key}_last_used_service", "varchar", f"Service for which key {number} was last used"),
    )


def _certificate(number: int) -> tuple[Column, ...]:
    return (
        Column(f"cert_{number}_active", "boolean", f"Whether signing certificate {number} is active", required=True),
        Column(
            f"cert_{number}_last_rotated_at",
            "timestamp",
            f"When certificate {number} was uploaded (UTC)",
            needed_if=f"cert_{number}_active",
        ),
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
        Column("created_at", "timestamp", "When the user was created (UTC)", needed_if="true"),
        Column(
            "password_enabled",
            "boolean",
            "Whether console access with a password is enabled; null where AWS does not say",
            needed_if=f"user_name <> '{ROOT_USER}'",
        ),
        Column("password_last_used_at", "timestamp", "When the password was last used (UTC); null for never"),
        Column(
            "password_last_changed_at",
            "timestamp",
            "When the password was last changed (UTC)",
            needed_if=f"password_enabled and user_name <> '{ROOT_USER}'",
            only_if=HAS_PASSWORD,
        ),
        Column(
            "password_next_rotation_at",
            "timestamp",
            "When the password must be changed (UTC); null for never",
            is_to_come=True,
            only_if=HAS_PASSWORD,
        ),
        Column("is_mfa_active", "boolean", "Whether MFA is enabled", required=True),
        *_access_key(1),
        *_access_key(2),
        *_certificate(1),
        *_certificate(2),
        Column(
            MORE,
            "varchar",
            "What AWS says of access keys and certificates beyond those of the report; null for none",
        ),
        Column("generated_at", "timestamp", "When AWS generated the report (UTC)", required=True),
    ),
    key=("account_id", "user_name"),
)

DATASETS = (REPORT,)

# Ours to theirs where the two differ by more than the "_at" of a moment.
RENAMED = {"user_name": "user", "created_at": "user_creation_time", "is_mfa_active": "mfa_active"}
LAST_USED = {f"access_key_{n}_last_used_at": f"access_key_{n}_last_used_date" for n in (1, 2)}
# The report is being made, or has just expired: IAM makes another (API reference, GetCredentialReport).
NOT_YET = ("ReportInProgress", "ReportNotPresent", "ReportExpired")
BOOLEANS = {"true": True, "false": False}
NO_VALUE = {"", "N/A", "no_information", "not_supported"}


def unchanged(account: Account, facts: Callable[[Row], Any]) -> list[Row]:
    """The users who stand in the report as on the last night, as far as these facts of a line go."""
    before = {user["arn"]: user for user in account.of_last_night(REPORT) or ()}
    return [
        user
        for user in (account.rows(REPORT.name) if before else ())
        if (was := before.get(user["arn"])) and was["created_at"] == user["created_at"] and facts(was) == facts(user)
    ]


def of_unchanged(
    account: Account, dataset: Dataset, columns: Sequence[str], shown: Callable[[Row], int]
) -> dict[str, list[Row]]:
    """Rows of the last night of users whose columns of the report are as they were, by ARN, if they are as many as are
    `shown` there.
    """
    kept = group(account.of_last_night(dataset) or (), "user_name")
    users = unchanged(account, lambda user: [user[column] for column in columns])
    return {user["arn"]: kept[user["user_name"]] for user in users if len(kept[user["user_name"]]) == shown(user) > 0}


def collect(account: Account) -> Rows:
    answer = _report(account)
    generated_at = utc(answer["GeneratedTime"])
    account.dated(GET, generated_at)
    try:
        lines = csv.DictReader(io.StringIO(answer["Content"].decode("utf-8")))
        missing = [
            _theirs(c.name)
            for c in REPORT.columns
            if _is_theirs(c) and c.name != MORE and _theirs(c.name) not in _header(lines)
        ]
        if missing:
            raise account.failed(GET, "truncated", f"the report has no column {missing[0]}")
        rows = [_row(account, generated_at, line) for line in lines]
    except (UnicodeDecodeError, csv.Error) as error:
        raise account.failed(GET, "truncated", f"the report cannot be read: {error}") from error
    return {REPORT.name: list(_of_live_users(account, generated_at, rows))}


def _of_live_users(account: Account, generated_at: datetime | None, rows: list[Row]) -> Iterator[Row]:
    """The lines of the root user and of existing users; users newer than the report become unread records.

    A user who was deleted and recreated is newer. All lines, if the users could not be listed.
    """
    try:
        live = {user["arn"]: user["created_at"] for user in account.rows(USERS.name)}
    except CallFailed:
        yield from rows
        return
    newer = {arn for arn, created_at in live.items() if created_at and generated_at and created_at > generated_at}
    in_report = {row["arn"] for row in rows} - newer
    yield from (row for row in rows if row["user_name"] == ROOT_USER or row["arn"] in live.keys() - newer)
    for arn in sorted(live.keys() - in_report):
        why = f"the credential report of {generated_at:%Y-%m-%d %H:%M} UTC does not know the user, made at {live[arn]}"
        account.unread(REPORT, arn, CallFailed(GET, "in_progress", None, why, account.region))


def _report(account: Account) -> Answer:
    """The report, generated now if possible, with doubling pauses between polls.

    If it cannot be generated (an SCP denies it, or IAM has no capacity), an existing report is used: `generated_at` has
    its age. Raises `CallFailed`, if possible with the reason why it could not be generated.
    """
    pause = FIRST_PAUSE_SECONDS
    not_made: CallFailed | None = None
    for _ in range(POLLS):
        try:
            if account.call(GENERATE)["State"] == "COMPLETE" and (answer := account.optional(GET, *NOT_YET)):
                return answer
        except CallFailed as failed:
            if failed.operation != GENERATE:
                raise
            not_made = failed
            break
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    if answer := account.optional(GET, *NOT_YET):
        return answer
    raise not_made or account.failed(GENERATE, "timeout", f"not complete after {POLLS} requests")


def _header(lines: csv.DictReader[str]) -> Sequence[str]:
    return lines.fieldnames or ()


def _is_theirs(column: Column) -> bool:
    return column.name not in ("account_id", "generated_at")


def _row(account: Account, generated_at: datetime | None, line: dict[str, str]) -> Row:
    row: Row = {"account_id": account.account_id, "generated_at": generated_at}
    odd = []
    for column in filter(_is_theirs, REPORT.columns):
        text = line.get(_theirs(column.name)) or ""
        try:
            row[column.name] = _value(column, text)
        except ValueError:
            row[column.name] = None
            odd.append(f"{_theirs(column.name)} is {text[:40]!r}")
    if odd:
        message = f"in the credential report {' and '.join(odd)}"
        account.unread(REPORT, line["arn"], CallFailed(GET, "unknown_value", None, message, account.region))
    return row


def _theirs(name: str) -> str:
    return RENAMED.get(name) or LAST_USED.get(name) or name.removesuffix("_at")


def _value(column: Column, text: str) -> str | bool | datetime | None:
    """A text as the column's value. Raises `ValueError` if it is neither valid nor one of AWS's words for no value."""
    if text in NO_VALUE:
        return None
    if column.type == "boolean":
        if text.lower() not in BOOLEANS:
            raise ValueError(text)
        return BOOLEANS[text.lower()]
    return utc(datetime.fromisoformat(text)) if column.type == "timestamp" else text
