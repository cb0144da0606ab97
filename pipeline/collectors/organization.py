"""The organization itself."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import ACCOUNT_ID, ARN, Column, Dataset

ORGANIZATION = Dataset(
    "organization",
    "The organization and its management account: one row.",
    "organization",
    ("organizations:DescribeOrganization",),
    (
        Column("organization_id", "varchar", "Id of the organization", required=True, pattern=r"o-[a-z0-9]{10,32}"),
        Column("arn", "varchar", "ARN of the organization", required=True, pattern=ARN),
        Column(
            "feature_set",
            "varchar",
            "Whether all features are enabled, or consolidated billing only",
            required=True,
            values=("ALL", "CONSOLIDATED_BILLING"),
        ),
        Column("management_account_id", "varchar", "Id of the management account", required=True, pattern=ACCOUNT_ID),
        Column("management_account_arn", "varchar", "ARN of the management account", required=True, pattern=ARN),
    ),
    key=("organization_id",),
    may_be_empty=False,
)

DATASETS = (ORGANIZATION,)


def collect(organization: Account) -> Rows:
    details = organization.call("organizations:DescribeOrganization")["Organization"]
    row = {
        "organization_id": details["Id"],
        "arn": details["Arn"],
        "feature_set": details["FeatureSet"],
        "management_account_id": details["MasterAccountId"],
        "management_account_arn": details["MasterAccountArn"],
    }
    return {ORGANIZATION.name: [row]}
