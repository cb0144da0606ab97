"""SSH public keys of users, for CodeCommit. They can only be listed user by user."""

from __future__ import annotations

from pipeline.collectors._listing import Each, listing
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

collect = listing(
    KEYS,
    "SSHPublicKeys",
    each=Each(USERS, {"UserName": "user_name"}),
)
