"""The organization itself."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.schema import ACCOUNT_ID, ARN, Column, Dataset, Row

NONE = "NONE"
NOT_IN_USE = "AWSOrganizationsNotInUseException"

ORGANIZATION = Dataset(
    "organization",
    "The organization and its management account: one row.",
    "organization",
    ("organizations:DescribeOrganization",),
    (
        Column(
            "organization_id",
            "varchar",
            "Id of the organization; null where the account is in none",
            pattern=r"o-[a-z0-9]{10,32}",
            needed_if=f"feature_set <> '{NONE}'",
        ),
        Column("arn", "varchar", "ARN of the organization", pattern=ARN, needed_if=f"feature_set <> '{NONE}'"),
        Column(
            "feature_set",
            "varchar",
            "Whether all features are enabled, or consolidated billing only; NONE for an account in no organization",
            required=True,
            values=("ALL", "CONSOLIDATED_BILLING", NONE),
        ),
        Column("management_account_id", "varchar", "Id of the management account", required=True, pattern=ACCOUNT_ID),
        Column("management_account_arn", "varchar", "ARN of the management account", required=True, pattern=ARN),
    ),
    key=("management_account_id",),
    may_be_empty=False,
)

DATASETS = (ORGANIZATION,)


def collect(organization: Account) -> Rows:
    """One row; for an account in no organization, itself in place of the management account."""
    answer = organization.optional("organizations:DescribeOrganization", NOT_IN_USE)
    if answer is None:
        return {ORGANIZATION.name: [alone(organization)]}
    details = answer["Organization"]
    row = {
        "organization_id": details["Id"],
        "arn": details["Arn"],
        "feature_set": details["FeatureSet"],
        "management_account_id": details["MasterAccountId"],
        "management_account_arn": details["MasterAccountArn"],
    }
    return {ORGANIZATION.name: [row]}


def alone(account: Account) -> Row:
    arn = f"arn:{account.partition}:iam::{account.account_id}:root"
    of_account = {"management_account_id": account.account_id, "management_account_arn": arn}
    return {"organization_id": None, "arn": None, "feature_set": NONE, **of_account}


def is_alone(organization: Account) -> bool:
    """Whether the account is in no organization."""
    return bool(organization.rows(ORGANIZATION.name)[0]["feature_set"] == NONE)
