"""Users in the identity store: whether they can sign in and who provisioned them, without personal data."""

from __future__ import annotations

from pipeline.collectors._listing import Each, listing
from pipeline.collectors.organization_identity_center import INSTANCE
from pipeline.schema import IDENTITY_ID, Column, Dataset

USERS = Dataset(
    "identity_store_users",
    "Users in the organization's identity store, without names, email addresses and telephone numbers.",
    "organization",
    (*INSTANCE.operations, "identitystore:ListUsers"),
    (
        Column("identity_store_id", "varchar", "Id of the identity store", required=True),
        Column("user_id", "varchar", "Id of the user", required=True, pattern=IDENTITY_ID, source="UserId"),
        Column("user_name", "varchar", "User name, used to sign in", source="UserName"),
        Column(
            "status", "varchar", "ENABLED or DISABLED; null where the identity store does not say", source="UserStatus"
        ),
        Column(
            "has_external_id",
            "boolean",
            "Whether an external identity provider provisioned the user",
            required=True,
            source="ExternalIds[0] != `null`",
        ),
    ),
    key=("identity_store_id", "user_id"),
)

DATASETS = (USERS,)

collect = listing(USERS, "Users", each=Each(INSTANCE, {"IdentityStoreId": "identity_store_id"}, region="home_region"))
