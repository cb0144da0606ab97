"""The people of the identity store: whether they may sign in and where they come from, and no more of them."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.organization_identity_center import INSTANCE
from pipeline.schema import Column, Dataset

OPERATION = "identitystore:ListUsers"

USERS = Dataset(
    "identity_store_users",
    "Users of the organization's identity store, without names, addresses and numbers.",
    "organization",
    (*INSTANCE.operations, OPERATION),
    (
        Column("identity_store_id", "varchar", "Id of the identity store", required=True),
        Column("user_id", "varchar", "Id of the user", required=True),
        Column("user_name", "varchar", "Name to sign in with"),
        Column("status", "varchar", "ENABLED or DISABLED; null where the store does not say"),
        Column("has_external_id", "boolean", "Whether an identity provider sent the user", required=True),
    ),
    key=("identity_store_id", "user_id"),
)

DATASETS = (USERS,)


def collect(organization: Account) -> Rows:
    rows = [
        {
            "identity_store_id": instance["identity_store_id"],
            "user_id": user["UserId"],
            "user_name": user.get("UserName"),
            "status": user.get("UserStatus"),
            "has_external_id": bool(user.get("ExternalIds")),
        }
        for instance in organization.rows(INSTANCE.name)
        for user in organization.at(instance["home_region"]).pages(
            OPERATION, "Users", IdentityStoreId=instance["identity_store_id"]
        )
    ]
    return {USERS.name: rows}
