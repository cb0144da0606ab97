"""SSH public keys of users, for CodeCommit. They can only be listed user by user.

In an account without any, the users of the last night are asked for once in seven nights.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors._listing import Each, Remembered, listing
from pipeline.collectors._turns import stays
from pipeline.collectors.authorization_details import USERS
from pipeline.schema import Column, Dataset, account_column

STATUSES = ("Active", "Inactive", "Expired")

KEYS = Dataset(
    "ssh_public_keys",
    "SSH public keys of IAM users.",
    "account",
    (*USERS.operations, "iam:ListSSHPublicKeys"),
    (
        account_column(),
        Column("user_name", "varchar", "Name of the user", required=True, references="users.user_name"),
        Column("key_id", "varchar", "Id of the key", required=True, source="SSHPublicKeyId"),
        Column("status", "varchar", "Status of the key", required=True, values=STATUSES, source="Status"),
        Column("uploaded_at", "timestamp", "When it was uploaded (UTC)", source="UploadDate"),
    ),
    key=("account_id", "key_id"),
)

DATASETS = (KEYS,)


def _without_keys(account: Account) -> Remembered:
    if account.of_last_night(KEYS) != []:
        return {}
    before = {user["arn"]: user["user_id"] for user in account.of_last_night(USERS) or ()}
    users = account.rows(USERS.name)
    return {
        user["arn"]: []
        for user in users
        if before.get(user["arn"]) == user["user_id"] and stays(account, KEYS, user["arn"])
    }


collect = listing(
    KEYS,
    "SSHPublicKeys",
    each=Each(USERS, {"UserName": "user_name"}),
    remembered=_without_keys,
)
