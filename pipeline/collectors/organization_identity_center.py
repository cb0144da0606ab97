"""The organization instance of IAM Identity Center: its home Region and its identity store."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.collectors import Rows
from pipeline.collectors.organization import ORGANIZATION
from pipeline.schema import ACCOUNT_ID, ARN, Column, Dataset, Row

OPERATION = "sso:ListInstances"

INSTANCE = Dataset(
    "organization_identity_center",
    "The organization instance of IAM Identity Center; no row where there is none.",
    "organization",
    (*ORGANIZATION.operations, OPERATION),
    (
        Column("instance_arn", "varchar", "ARN of the instance", required=True, pattern=ARN),
        Column("identity_store_id", "varchar", "Id of its identity store", required=True),
        Column("owner_account_id", "varchar", "Account that owns the instance", required=True, pattern=ACCOUNT_ID),
        Column("home_region", "varchar", "Home Region", required=True),
        Column("status", "varchar", "Status of the instance", required=True),
    ),
    key=("instance_arn",),
)

DATASETS = (INSTANCE,)


def collect(organization: Account) -> Rows:
    """From the first region that shows it; the instance of a single account has another owner."""
    owner = organization.rows(ORGANIZATION.name)[0]["management_account_id"]
    instances = (row for row in _instances(organization) if row["owner_account_id"] == owner)
    return {INSTANCE.name: [row for row in [next(instances, None)] if row]}


def _instances(organization: Account) -> Iterator[Row]:
    for region in organization.settings.regions:
        yield from (_row(instance, region) for instance in organization.at(region).pages(OPERATION, "Instances"))
    for instance in organization.pages(OPERATION, "Instances", RegionScope="ALL_REGIONS"):
        yield _row(instance, instance.get("PrimaryRegion") or _home(organization, instance["InstanceArn"]))


def _home(organization: Account, instance_arn: str) -> str:
    """The region that shows an instance, where AWS does not say it (an endpoint older than `PrimaryRegion`).

    Raises `CallFailed` where none does that may be asked.
    """
    for region in organization.regions():
        try:
            arns = {instance["InstanceArn"] for instance in organization.at(region).pages(OPERATION, "Instances")}
        except CallFailed:
            continue
        if instance_arn in arns:
            return region
    message = (
        f"the answer names no PrimaryRegion of {instance_arn}, and no region shows it; name its region in `regions`"
    )
    raise organization.failed(OPERATION, "truncated", message)


def _row(instance: Row, region: str) -> Row:
    return {
        "instance_arn": instance["InstanceArn"],
        "identity_store_id": instance["IdentityStoreId"],
        "owner_account_id": instance["OwnerAccountId"],
        "home_region": instance.get("PrimaryRegion") or region,
        "status": instance["Status"],
    }
