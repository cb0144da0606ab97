"""Access keys with their ids, which the credential report leaves out: a call for each user who has keys in it.

The report has the date of every change: users whose keys stand in it as on the last night are not asked for.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors._listing import Each, Remembered, listing
from pipeline.collectors.credential_report import MORE, REPORT, ROOT_USER, of_unchanged
from pipeline.schema import Column, Dataset, Row, account_column

OPERATION = "iam:ListAccessKeys"
STATUSES = ("Active", "Inactive", "Expired")

KEYS = Dataset(
    "access_keys",
    "Access keys of IAM users, from users that have one in the credential report.",
    "account",
    (*REPORT.operations, OPERATION),
    (
        account_column(),
        Column("user_name", "varchar", "Name of the user", required=True, references="credential_report.user_name"),
        Column("access_key_id", "varchar", "Id of the key", required=True, source="AccessKeyId"),
        Column("status", "varchar", "Status of the key", required=True, values=STATUSES, source="Status"),
        Column("created_at", "timestamp", "When it was created (UTC)", source="CreateDate"),
    ),
    key=("account_id", "access_key_id"),
)

DATASETS = (KEYS,)


def _keys_shown(user: Row) -> int:
    """The keys that the report shows; it has room for two."""
    return sum(bool(user[f"access_key_{n}_active"] or user[f"access_key_{n}_last_rotated_at"]) for n in (1, 2))


def _has_key(user: Row) -> bool:
    return user["user_name"] != ROOT_USER and bool(_keys_shown(user) or user[MORE])


def _with_further_keys(account: Account, user: Row, keys: list[Row]) -> list[Row]:
    """The keys of a user, who must have more than the report shows if the report says so."""
    if user[MORE] and len(keys) <= _keys_shown(user):
        shown = _keys_shown(user)
        message = f"{len(keys)} access keys listed; the credential report shows {shown} and says {user[MORE]!r}"
        raise account.failed(OPERATION, "contradicts_itself", message)
    return keys


def _unchanged(account: Account) -> Remembered:
    columns = [f"access_key_{number}_{what}" for number in (1, 2) for what in ("active", "last_rotated_at")]
    return of_unchanged(account, KEYS, columns, lambda user: 0 if user[MORE] else _keys_shown(user))


collect = listing(
    KEYS,
    "AccessKeyMetadata",
    each=Each(REPORT, {"UserName": "user_name"}, where=_has_key),
    checked=_with_further_keys,
    remembered=_unchanged,
)
