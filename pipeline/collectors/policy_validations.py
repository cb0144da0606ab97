"""Policy validation findings for the organization's policies: once per distinct document."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._validations import ANSWER, DIGEST, OPERATION, each_validated, known
from pipeline.collectors.organization_policies import POLICIES, POLICY_TYPES
from pipeline.schema import Column, Dataset

VALIDATIONS = Dataset(
    "policy_validations",
    "Findings of ValidatePolicy on each distinct service and resource control policy document; one row NONE if clean.",
    "organization",
    (*POLICIES.operations, OPERATION),
    (
        DIGEST,
        Column("policy_type", "varchar", "Policy type that it was validated as", required=True, values=POLICY_TYPES),
        *ANSWER,
    ),
    key=(),  # the same issue can stand in two places of a document
)

DATASETS = (VALIDATIONS,)


def collect(organization: Account) -> Rows:
    remembered = known(organization, VALIDATIONS)
    documents = {(policy["document"], policy["policy_type"]) for policy in organization.rows(POLICIES.name)}
    rows = each_validated(organization, documents, lambda policy_type: {"policyType": policy_type}, remembered)
    return {VALIDATIONS.name: rows}
