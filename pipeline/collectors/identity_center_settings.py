"""Settings of the organization instance of IAM Identity Center and of its identity store.

Permission sets, encryption and network controls are told by DescribeInstance and DescribeIdentityStore only.
https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_DescribeInstance.html (read 2026-11-27)
"""

from __future__ import annotations

from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.organization_identity_center import INSTANCE
from pipeline.schema import ARN, Column, Dataset, Row

DESCRIBE, DESCRIBE_STORE = "sso:DescribeInstance", "identitystore:DescribeIdentityStore"

SETTINGS = Dataset(
    "identity_center_settings",
    "Settings of the organization instance of IAM Identity Center; no row where there is none.",
    "organization",
    (*INSTANCE.operations, DESCRIBE, DESCRIBE_STORE),
    (
        Column("instance_arn", "varchar", "ARN of the instance", required=True, pattern=ARN),
        Column("has_permission_sets", "boolean", "Whether permission sets are enabled; null where AWS does not say it"),
        Column(
            "key_type",
            "varchar",
            "Kind of the KMS key that encrypts the instance",
            values=("AWS_OWNED_KMS_KEY", "CUSTOMER_MANAGED_KEY"),
        ),
        Column("kms_key_arn", "varchar", "ARN of that key", pattern=ARN),
        Column("needs_vpc_endpoint", "boolean", "Whether people must come through a VPC endpoint", required=True),
        Column("allowed_vpcs", "varchar[]", "VPCs that they must come from; none for any", required=True),
        Column("allowed_ips", "varchar[]", "Address ranges that they may come from besides", required=True),
        Column("exempt_applications", "varchar[]", "Applications that this does not hold for", required=True),
        Column("store_needs_vpc_endpoint", "boolean", "The same of calls to the identity store", required=True),
        Column("scim_allowed_ips", "varchar[]", "Address ranges that SCIM may come from; none for any", required=True),
    ),
    key=("instance_arn",),
)

DATASETS = (SETTINGS,)


def collect(organization: Account) -> Rows:
    return {SETTINGS.name: [_row(organization, instance) for instance in organization.rows(INSTANCE.name)]}


def _row(organization: Account, instance: Row) -> Row:
    home = organization.at(instance["home_region"])
    described: dict[str, Any] = home.call(DESCRIBE, InstanceArn=instance["instance_arn"])
    store = home.call(DESCRIBE_STORE, IdentityStoreId=instance["identity_store_id"])
    encryption = described.get("EncryptionConfigurationDetails", {})
    network = described.get("NetworkConfigurationDetails", {})
    of_store = store.get("NetworkConfiguration", {})
    return {
        "instance_arn": instance["instance_arn"],
        "has_permission_sets": described.get("PermissionSetsEnabled"),
        "key_type": encryption.get("KeyType"),
        "kms_key_arn": encryption.get("KmsKeyArn"),
        "needs_vpc_endpoint": network.get("VpceAccessRequired", False),
        "allowed_vpcs": network.get("RestrictSourceVpcs", []),
        "allowed_ips": network.get("AllowSourceIps", []),
        "exempt_applications": network.get("ExcludeApplicationArns", []),
        "store_needs_vpc_endpoint": of_store.get("VpceAccessRequired", False),
        "scim_allowed_ips": of_store.get("ScimAllowSourceIps", []),
    }
