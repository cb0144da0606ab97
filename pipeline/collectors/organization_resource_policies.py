"""The organization's resource-based delegation policy, with which the management account delegates Organizations."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import document
from pipeline.schema import ARN, Column, Dataset

POLICIES = Dataset(
    "organization_resource_policies",
    "The resource-based delegation policy of the organization: one row, or none.",
    "organization",
    ("organizations:DescribeResourcePolicy",),
    (
        Column("policy_id", "varchar", "Id of the policy", required=True, pattern=r"rp-[0-9a-zA-Z_]{4,128}"),
        Column("arn", "varchar", "ARN of the policy", required=True, pattern=ARN),
        Column("document", "json", "The policy document", required=True),
    ),
    key=("policy_id",),
)

DATASETS = (POLICIES,)


def collect(organization: Account) -> Rows:
    answer = organization.optional("organizations:DescribeResourcePolicy", "ResourcePolicyNotFoundException")
    if answer is None:
        return {POLICIES.name: []}
    policy = answer["ResourcePolicy"]
    summary = policy["ResourcePolicySummary"]
    row = {"policy_id": summary["Id"], "arn": summary["Arn"], "document": document(policy["Content"])}
    return {POLICIES.name: [row]}
