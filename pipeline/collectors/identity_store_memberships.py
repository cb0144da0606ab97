"""Group memberships in the identity store."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.identity_store_groups import GROUPS
from pipeline.collectors.organization_identity_center import INSTANCE
from pipeline.schema import IDENTITY_ID, Column, Dataset

OPERATION = "identitystore:ListGroupMemberships"

MEMBERSHIPS = Dataset(
    "identity_store_memberships",
    "Members of the groups in the organization's identity store.",
    "organization",
    (*GROUPS.operations, OPERATION),
    (
        Column("identity_store_id", "varchar", "Id of the identity store", required=True),
        Column("group_id", "varchar", "Id of the group", required=True, pattern=IDENTITY_ID),
        Column("user_id", "varchar", "Id of the member", required=True, pattern=IDENTITY_ID),
    ),
    key=("identity_store_id", "group_id", "user_id"),
)

DATASETS = (MEMBERSHIPS,)


def collect(organization: Account) -> Rows:
    homes = {row["identity_store_id"]: row["home_region"] for row in organization.rows(INSTANCE.name)}
    rows = []
    for group in organization.rows(GROUPS.name):
        which = {"IdentityStoreId": group["identity_store_id"], "GroupId": group["group_id"]}
        home = organization.at(homes[group["identity_store_id"]])
        rows += [
            {
                "identity_store_id": group["identity_store_id"],
                "group_id": group["group_id"],
                "user_id": member["MemberId"]["UserId"],
            }
            # A group that was deleted since has no members.
            for member in home.pages(OPERATION, "GroupMemberships", may_be_gone=True, **which)
        ]
    return {MEMBERSHIPS.name: rows}
