"""Tag, backup, declarative and other policies whose result for an account AWS itself calls invalid.

Of the types that are enabled at the root; service and resource control policies have no effective policy.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccountsWithInvalidEffectivePolicy.html
(since 2025-08-12; read 2026-11-27)
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors.organization_policies import POLICY_TYPES
from pipeline.collectors.organization_tree import ROOTS
from pipeline.schema import ACCOUNT_ID, Column, Dataset, Row

LIST = "organizations:ListAccountsWithInvalidEffectivePolicy"
ERRORS = "organizations:ListEffectivePolicyValidationErrors"

INVALID = Dataset(
    "invalid_effective_policies",
    "Effective policies that AWS calls invalid, so that they are not enforced in full.",
    "organization",
    (*ROOTS.operations, LIST, ERRORS),
    (
        Column("account_id", "varchar", "Account with the effective policy", required=True, pattern=ACCOUNT_ID),
        Column("policy_type", "varchar", "Type of policy", required=True),
        Column("error_codes", "varchar[]", "Codes of the validation errors", required=True),
        Column("contributing_policies", "varchar[]", "Policies that contribute to them", required=True),
    ),
    key=("account_id", "policy_type"),
)

DATASETS = (INVALID,)
# The type is not enabled any more, or not offered here.
NONE = ("EffectivePolicyNotFoundException", "UnsupportedAPIEndpointException", "InvalidInputException")


def collect(organization: Account) -> Rows:
    enabled = {kind for root in organization.rows(ROOTS.name) for kind in root["enabled_policy_types"]}
    kinds = sorted(enabled - set(POLICY_TYPES))
    return {INVALID.name: [row for kind in kinds for row in _of_type(organization, kind)]}


def _of_type(organization: Account, kind: str) -> Iterator[Row]:
    for account in organization.pages(LIST, "Accounts", NONE, PolicyType=kind):
        asked = {"AccountId": account["Id"], "PolicyType": kind}
        errors = list(organization.pages(ERRORS, "EffectivePolicyValidationErrors", NONE, **asked))
        yield {
            "account_id": account["Id"],
            "policy_type": kind,
            "error_codes": sorted({error["ErrorCode"] for error in errors}),
            "contributing_policies": sorted({policy for error in errors for policy in error["ContributingPolicies"]}),
        }
