"""Policy validation findings for the organization's policies: once per distinct document."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._validations import ANSWER, DIGEST, OPERATION, known, validated
from pipeline.collectors.organization_policies import POLICIES, POLICY_TYPES
from pipeline.schema import Column, Dataset, Row

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
    held = known(organization, VALIDATIONS)
    rows: list[Row] = []
    for document, policy_type in sorted({(p["document"], p["policy_type"]) for p in organization.rows(POLICIES.name)}):
        rows += validated(organization, document, policy_type, {"policyType": policy_type}, held)
    return {VALIDATIONS.name: rows}
