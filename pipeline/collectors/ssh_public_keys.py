"""SSH keys of users, for CodeCommit. They can only be listed user by user."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors._values import utc
from pipeline.collectors.authorization_details import USERS
from pipeline.schema import Column, Dataset, Row, account_column

KEYS = Dataset(
    "ssh_public_keys",
    "SSH public keys of IAM users.",
    "account",
    (*USERS.operations, "iam:ListSSHPublicKeys"),
    (
        account_column(),
        Column("user_name", "varchar", "Name of the user", required=True, references="users.user_name"),
        Column("key_id", "varchar", "Id of the key", required=True),
        Column("status", "varchar", "Whether it works", required=True, values=("Active", "Inactive", "Expired")),
        Column("uploaded_at", "timestamp", "When it was uploaded (UTC)"),
    ),
    key=("account_id", "key_id"),
)

DATASETS = (KEYS,)


def collect(account: Account) -> Rows:
    users = account.rows(USERS.name)
    return {KEYS.name: each(account, KEYS, users, lambda one: _of_user(account, one), lambda one: str(one["arn"]))}


def _of_user(account: Account, user: Row) -> Iterator[Row]:
    name = user["user_name"]
    for key in account.pages("iam:ListSSHPublicKeys", "SSHPublicKeys", may_be_gone=True, UserName=name):
        yield {
            "account_id": account.account_id,
            "user_name": name,
            "key_id": key["SSHPublicKeyId"],
            "status": key["Status"],
            "uploaded_at": utc(key.get("UploadDate")),
        }
