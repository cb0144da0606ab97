"""What the organization's policies are attached to.

`ListTargetsForPolicy` once a policy, not `ListPoliciesForTarget` once an account, unit and policy type: an organization
has far more accounts than policies.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.organization_policies import POLICIES, POLICY_ID
from pipeline.schema import Column, Dataset

TARGETS = Dataset(
    "policy_targets",
    "Roots, units and accounts to which service and resource control policies are attached directly.",
    "organization",
    (*POLICIES.operations, "organizations:ListTargetsForPolicy"),
    (
        Column(
            "policy_id",
            "varchar",
            "Id of the policy",
            required=True,
            pattern=POLICY_ID,
            references="organization_policies.policy_id",
        ),
        Column("target_id", "varchar", "Id of the root, unit or account", required=True),
        Column(
            "target_type",
            "varchar",
            "What it is attached to",
            required=True,
            values=("ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"),
        ),
    ),
    key=("policy_id", "target_id"),
)

DATASETS = (TARGETS,)


def collect(organization: Account) -> Rows:
    operation = "organizations:ListTargetsForPolicy"
    rows = [
        {"policy_id": policy["policy_id"], "target_id": target["TargetId"], "target_type": target["Type"]}
        for policy in organization.rows(POLICIES.name)
        for target in organization.pages(operation, "Targets", PolicyId=policy["policy_id"])
    ]
    return {TARGETS.name: rows}
