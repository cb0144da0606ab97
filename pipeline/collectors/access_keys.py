"""Access keys with their ids, which the credential report leaves out: a call for each user who has keys in it."""

from __future__ import annotations

from pipeline.collectors._listing import Each, listing
from pipeline.collectors.credential_report import MORE, REPORT, ROOT_USER
from pipeline.schema import Column, Dataset, Row, account_column

STATUSES = ("Active", "Inactive", "Expired")

KEYS = Dataset(
    "access_keys",
    "Access keys of IAM users, from users that have one in the credential report.",
    "account",
    (*REPORT.operations, "iam:ListAccessKeys"),
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


def _has_key(user: Row) -> bool:
    has = any(user[f"access_key_{n}_active"] or user[f"access_key_{n}_last_rotated_at"] for n in (1, 2))
    return user["user_name"] != ROOT_USER and bool(has or user[MORE])


collect = listing(KEYS, "AccessKeyMetadata", each=Each(REPORT, {"UserName": "user_name"}, where=_has_key))
