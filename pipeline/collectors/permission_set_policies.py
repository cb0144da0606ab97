"""Policies of permission sets: AWS managed, customer managed (by name and path) and inline."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import document
from pipeline.collectors.organization_identity_center import INSTANCE
from pipeline.collectors.permission_sets import SETS
from pipeline.schema import ARN, NAME, Column, Dataset, Row

AWS_MANAGED = "sso:ListManagedPoliciesInPermissionSet"
CUSTOMER_MANAGED = "sso:ListCustomerManagedPolicyReferencesInPermissionSet"
INLINE = "sso:GetInlinePolicyForPermissionSet"

POLICIES = Dataset(
    "permission_set_policies",
    "Policies of each permission set.",
    "organization",
    (*SETS.operations, AWS_MANAGED, CUSTOMER_MANAGED, INLINE),
    (
        Column(
            "permission_set_arn",
            "varchar",
            "ARN of the permission set",
            required=True,
            pattern=ARN,
            references="permission_sets.permission_set_arn",
        ),
        Column(
            "kind",
            "varchar",
            "Kind of policy",
            required=True,
            values=("aws_managed", "customer_managed", "inline"),
        ),
        Column("policy_name", "varchar", "Name of the policy; 'inline' for an inline one", required=True, pattern=NAME),
        Column(
            "policy_path",
            "varchar",
            "Path of a customer managed policy, the same in every account",
            needed_if="kind = 'customer_managed'",
        ),
        Column("policy_arn", "varchar", "ARN of an AWS managed policy", pattern=ARN, needed_if="kind = 'aws_managed'"),
        Column("document", "json", "Document of an inline policy"),
    ),
    key=("permission_set_arn", "kind", "policy_name"),
)

DATASETS = (POLICIES,)


def collect(organization: Account) -> Rows:
    homes = {row["instance_arn"]: organization.at(row["home_region"]) for row in organization.rows(INSTANCE.name)}
    rows: list[Row] = []
    for permission_set in organization.rows(SETS.name):
        rows += _of_set(homes[permission_set["instance_arn"]], permission_set)
    return {POLICIES.name: rows}


def _of_set(home: Account, permission_set: Row) -> list[Row]:
    which = {"InstanceArn": permission_set["instance_arn"], "PermissionSetArn": permission_set["permission_set_arn"]}
    empty = dict.fromkeys(column.name for column in POLICIES.columns)
    empty |= {"permission_set_arn": permission_set["permission_set_arn"]}
    rows = [
        empty | {"kind": "aws_managed", "policy_name": policy["Name"], "policy_arn": policy["Arn"]}
        for policy in home.pages(AWS_MANAGED, "AttachedManagedPolicies", may_be_gone=True, **which)
    ]
    rows += [
        empty | {"kind": "customer_managed", "policy_name": policy["Name"], "policy_path": policy.get("Path") or "/"}
        for policy in home.pages(CUSTOMER_MANAGED, "CustomerManagedPolicyReferences", may_be_gone=True, **which)
    ]
    inline = home.optional(INLINE, **which)
    if inline and (text := inline["InlinePolicy"]):
        rows.append(empty | {"kind": "inline", "policy_name": "inline", "document": document(text)})
    return rows
