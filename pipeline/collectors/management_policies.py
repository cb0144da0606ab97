"""AI services opt-out policies and tag policies, with their content and what they are attached to.

They are few: the targets of each are asked for, as for SCPs and RCPs.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import document
from pipeline.collectors.organization_policies import DESCRIBE, LIST, POLICY_ID
from pipeline.schema import Column, Dataset, Row

TARGETS = "organizations:ListTargetsForPolicy"
POLICY_TYPES = ("AISERVICES_OPT_OUT_POLICY", "TAG_POLICY")
# "AWS Organizations isn't available for this policy type in the current Region" (API reference, ListPolicies).
NOT_OFFERED = "UnsupportedAPIEndpointException"

POLICIES = Dataset(
    "management_policies",
    "AI services opt-out policies and tag policies, attached or not.",
    "organization",
    (LIST, DESCRIBE, TARGETS),
    (
        Column("policy_id", "varchar", "Id of the policy", required=True, pattern=POLICY_ID),
        Column("arn", "varchar", "ARN of the policy", required=True),
        Column("name", "varchar", "Name of the policy", required=True),
        Column("policy_type", "varchar", "Type of policy", required=True, values=POLICY_TYPES),
        Column("document", "json", "The content of the policy", required=True),
        Column("target_ids", "varchar[]", "Roots, organizational units and accounts that it hangs on", required=True),
    ),
    key=("policy_id",),
)

DATASETS = (POLICIES,)


def collect(organization: Account) -> Rows:
    listed = [
        policy
        for policy_type in POLICY_TYPES
        for policy in organization.pages(LIST, "Policies", (NOT_OFFERED,), Filter=policy_type)
    ]
    return {POLICIES.name: [row for policy in listed for row in _described(organization, policy)]}


def _described(organization: Account, policy: Row) -> Iterator[Row]:
    answer = organization.optional(DESCRIBE, PolicyId=policy["Id"])
    if answer:
        targets = organization.pages(TARGETS, "Targets", may_be_gone=True, PolicyId=policy["Id"])
        yield {
            "policy_id": policy["Id"],
            "arn": policy["Arn"],
            "name": policy["Name"],
            "policy_type": policy["Type"],
            "document": document(answer["Policy"]["Content"]),
            "target_ids": sorted({target["TargetId"] for target in targets}),
        }
