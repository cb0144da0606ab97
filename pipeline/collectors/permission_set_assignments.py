"""Account assignments: users and groups with their permission sets in each account."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.organization_identity_center import INSTANCE
from pipeline.collectors.permission_sets import SETS
from pipeline.schema import ACCOUNT_ID, ARN, IDENTITY_ID, Column, Dataset

ACCOUNTS = "sso:ListAccountsForProvisionedPermissionSet"
ASSIGNMENTS = "sso:ListAccountAssignments"

ASSIGNED = Dataset(
    "permission_set_assignments",
    "Assignments of permission sets to groups and users, in each account they are provisioned to.",
    "organization",
    (*SETS.operations, ACCOUNTS, ASSIGNMENTS),
    (
        Column(
            "permission_set_arn",
            "varchar",
            "ARN of the permission set",
            required=True,
            pattern=ARN,
            references="permission_sets.permission_set_arn",
        ),
        Column("target_account_id", "varchar", "Account that the assignment is for", required=True, pattern=ACCOUNT_ID),
        Column("principal_type", "varchar", "Type of the principal", required=True, values=("USER", "GROUP")),
        Column(
            "principal_id",
            "varchar",
            "Id of the user or group in the identity store",
            required=True,
            pattern=IDENTITY_ID,
        ),
    ),
    key=("permission_set_arn", "target_account_id", "principal_type", "principal_id"),
)

DATASETS = (ASSIGNED,)


def collect(organization: Account) -> Rows:
    homes = {row["instance_arn"]: organization.at(row["home_region"]) for row in organization.rows(INSTANCE.name)}
    rows = []
    for permission_set in organization.rows(SETS.name):
        home = homes[permission_set["instance_arn"]]
        which = {
            "InstanceArn": permission_set["instance_arn"],
            "PermissionSetArn": permission_set["permission_set_arn"],
        }
        for account_id in home.pages(ACCOUNTS, "AccountIds", may_be_gone=True, **which):
            rows += [
                {
                    "permission_set_arn": permission_set["permission_set_arn"],
                    "target_account_id": account_id,
                    "principal_type": assignment["PrincipalType"],
                    "principal_id": assignment["PrincipalId"],
                }
                for assignment in home.pages(
                    ASSIGNMENTS, "AccountAssignments", may_be_gone=True, AccountId=account_id, **which
                )
            ]
    return {ASSIGNED.name: rows}
