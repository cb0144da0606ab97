"""Service control policies (SCPs) and resource control policies (RCPs) with their content."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import document
from pipeline.schema import Column, Dataset, Row

LIST, DESCRIBE = "organizations:ListPolicies", "organizations:DescribePolicy"
POLICY_TYPES = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
POLICY_ID = r"p-[0-9a-zA-Z_]{8,128}"

POLICIES = Dataset(
    "organization_policies",
    "Service control policies and resource control policies, attached or not.",
    "organization",
    (LIST, DESCRIBE),
    (
        Column("policy_id", "varchar", "Id of the policy", required=True, pattern=POLICY_ID),
        Column("arn", "varchar", "ARN of the policy", required=True),
        Column("name", "varchar", "Name of the policy", required=True),
        Column("description", "varchar", "Description"),
        Column("policy_type", "varchar", "Type of policy", required=True, values=POLICY_TYPES),
        Column("is_aws_managed", "boolean", "Whether it is AWS managed (FullAWSAccess)", required=True),
        Column("document", "json", "The policy document", required=True),
        Column("characters", "bigint", "Characters of the document as AWS stores it"),
    ),
    key=("policy_id",),
)

DATASETS = (POLICIES,)

# "AWS Organizations isn't available for this policy type in the current Region" (API reference, ListPolicies): there
# are none. Every partition has service control policies.
NOT_OFFERED = {"SERVICE_CONTROL_POLICY": (), "RESOURCE_CONTROL_POLICY": ("UnsupportedAPIEndpointException",)}


def collect(organization: Account) -> Rows:
    listed = [
        policy
        for policy_type in POLICY_TYPES
        for policy in organization.pages(LIST, "Policies", NOT_OFFERED[policy_type], Filter=policy_type)
    ]
    return {POLICIES.name: [row for policy in listed for row in _described(organization, policy)]}


def _described(organization: Account, policy: Row) -> Iterator[Row]:
    answer = organization.optional(DESCRIBE, PolicyId=policy["Id"])
    if answer:
        yield {
            "policy_id": policy["Id"],
            "arn": policy["Arn"],
            "name": policy["Name"],
            "description": policy.get("Description") or None,
            "policy_type": policy["Type"],
            "is_aws_managed": policy["AwsManaged"],
            "document": document(answer["Policy"]["Content"]),
            "characters": len(answer["Policy"]["Content"]),
        }
