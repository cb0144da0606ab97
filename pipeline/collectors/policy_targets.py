"""The roots, organizational units and accounts that the organization's policies are attached to.

`ListTargetsForPolicy` once per policy, not `ListPoliciesForTarget` once per account, organizational unit and policy
type: an organization has far more accounts than policies.
"""

from __future__ import annotations

from functools import wraps

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._listing import Each, listing
from pipeline.collectors.organization_policies import POLICIES, POLICY_ID
from pipeline.collectors.organization_tree import DATASETS as TREE_DATASETS
from pipeline.schema import Column, Dataset

TREE_OPERATIONS = tuple(dict.fromkeys(operation for dataset in TREE_DATASETS for operation in dataset.operations))

TARGETS = Dataset(
    "policy_targets",
    "Roots, organizational units and accounts that SCPs and RCPs are attached to directly.",
    "organization",
    (*TREE_OPERATIONS, *POLICIES.operations, "organizations:ListTargetsForPolicy"),
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

_listed = listing(TARGETS, "Targets", each=Each(POLICIES, {"PolicyId": "policy_id"}))
TREE = {"organization_roots": "root_id", "organizational_units": "ou_id", "accounts": "account_id"}


@wraps(_listed)
def collect(organization: Account) -> Rows:
    """Targets that joined since the tree was read are left for the next night."""
    targets = {row[name] for dataset, name in TREE.items() for row in organization.rows(dataset)}
    return {TARGETS.name: [row for row in _listed(organization)[TARGETS.name] if row["target_id"] in targets]}
