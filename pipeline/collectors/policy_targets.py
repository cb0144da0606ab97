"""What the organization's policies are attached to.

`ListTargetsForPolicy` once a policy, not `ListPoliciesForTarget` once an account, unit and policy type: an organization
has far more accounts than policies.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.organization_policies import POLICIES, POLICY_ID
from pipeline.collectors.organization_tree import DATASETS as TREE
from pipeline.schema import Column, Dataset

TREE_OPERATIONS = tuple(dict.fromkeys(operation for dataset in TREE for operation in dataset.operations))

TARGETS = Dataset(
    "policy_targets",
    "Roots, units and accounts to which service and resource control policies are attached directly.",
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
    tree = {"organization_roots": "root_id", "organizational_units": "ou_id", "accounts": "account_id"}
    there = {row[name] for dataset, name in tree.items() for row in organization.rows(dataset)}
    rows = [
        {"policy_id": policy["policy_id"], "target_id": target["TargetId"], "target_type": target["Type"]}
        for policy in organization.rows(POLICIES.name)
        for target in organization.pages(operation, "Targets", may_be_gone=True, PolicyId=policy["policy_id"])
        # What joined since the tree was read is left for the next night.
        if target["TargetId"] in there
    ]
    return {TARGETS.name: rows}
