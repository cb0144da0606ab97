"""The roots, organizational units and accounts that the organization's policies are attached to.

`ListTargetsForPolicy` once per policy, not `ListPoliciesForTarget` once per account, organizational unit and policy
type: an organization has far more accounts than policies.
"""

from __future__ import annotations

from pipeline.collectors._listing import Each, listing
from pipeline.collectors.organization_policies import POLICIES, POLICY_ID
from pipeline.schema import Column, Dataset

TARGETS = Dataset(
    "policy_targets",
    "Roots, organizational units and accounts that SCPs and RCPs are attached to directly.",
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
        Column(
            "target_id", "varchar", "Id of the root, organizational unit or account", required=True, source="TargetId"
        ),
        Column(
            "target_type",
            "varchar",
            "What the policy is attached to",
            required=True,
            values=("ROOT", "ORGANIZATIONAL_UNIT", "ACCOUNT"),
            source="Type",
        ),
    ),
    key=("policy_id", "target_id"),
)

DATASETS = (TARGETS,)

collect = listing(TARGETS, "Targets", each=Each(POLICIES, {"PolicyId": "policy_id"}))
