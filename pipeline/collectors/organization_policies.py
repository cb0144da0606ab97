"""Service control policies (SCPs) and resource control policies (RCPs) with their content."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import document
from pipeline.schema import Column, Dataset

POLICY_TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
POLICY_ID = r"p-[0-9a-zA-Z_]{8,128}"

POLICIES = Dataset(
    "organization_policies",
    "Service control policies and resource control policies, attached or not.",
    "organization",
    ("organizations:ListPolicies", "organizations:DescribePolicy"),
    (
        Column("policy_id", "varchar", "Id of the policy", required=True, pattern=POLICY_ID),
        Column("arn", "varchar", "ARN of the policy", required=True),
        Column("name", "varchar", "Name of the policy", required=True),
        Column("description", "varchar", "Description"),
        Column("policy_type", "varchar", "Type of policy", required=True, values=POLICY_TYPES),
        Column("is_aws_managed", "boolean", "Whether it is AWS managed (FullAWSAccess)", required=True),
        Column("document", "json", "The policy document", required=True),
    ),
    key=("policy_id",),
)

DATASETS = (POLICIES,)


def collect(organization: Account) -> Rows:
    rows = []
    for policy_type in POLICY_TYPES:
        for policy in organization.pages("organizations:ListPolicies", "Policies", Filter=policy_type):
            found = organization.call("organizations:DescribePolicy", PolicyId=policy["Id"])["Policy"]
            rows.append(
                {
                    "policy_id": policy["Id"],
                    "arn": policy["Arn"],
                    "name": policy["Name"],
                    "description": policy.get("Description") or None,
                    "policy_type": policy["Type"],
                    "is_aws_managed": policy["AwsManaged"],
                    "document": document(found["Content"]),
                }
            )
    return {POLICIES.name: rows}
