"""The groups of the identity store."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.organization_identity_center import INSTANCE
from pipeline.schema import Column, Dataset

OPERATION = "identitystore:ListGroups"

GROUPS = Dataset(
    "identity_store_groups",
    "Groups of the organization's identity store.",
    "organization",
    (*INSTANCE.operations, OPERATION),
    (
        Column("identity_store_id", "varchar", "Id of the identity store", required=True),
        Column("group_id", "varchar", "Id of the group", required=True),
        Column("display_name", "varchar", "Name of the group"),
    ),
    key=("identity_store_id", "group_id"),
)

DATASETS = (GROUPS,)


def collect(organization: Account) -> Rows:
    rows = [
        {
            "identity_store_id": instance["identity_store_id"],
            "group_id": group["GroupId"],
            "display_name": group.get("DisplayName"),
        }
        for instance in organization.rows(INSTANCE.name)
        for group in organization.at(instance["home_region"]).pages(
            OPERATION, "Groups", IdentityStoreId=instance["identity_store_id"]
        )
    ]
    return {GROUPS.name: rows}
