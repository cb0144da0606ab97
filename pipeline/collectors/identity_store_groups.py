"""Groups in the identity store."""

from __future__ import annotations

from pipeline.collectors._listing import Each, listing
from pipeline.collectors.organization_identity_center import INSTANCE
from pipeline.schema import IDENTITY_ID, Column, Dataset

GROUPS = Dataset(
    "identity_store_groups",
    "Groups in the organization's identity store.",
    "organization",
    (*INSTANCE.operations, "identitystore:ListGroups"),
    (
        Column("identity_store_id", "varchar", "Id of the identity store", required=True),
        Column("group_id", "varchar", "Id of the group", required=True, pattern=IDENTITY_ID, source="GroupId"),
        Column("display_name", "varchar", "Name of the group", source="DisplayName"),
    ),
    key=("identity_store_id", "group_id"),
)

DATASETS = (GROUPS,)

collect = listing(GROUPS, "Groups", each=Each(INSTANCE, {"IdentityStoreId": "identity_store_id"}, region="home_region"))
