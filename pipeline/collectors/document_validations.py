"""Policy validation findings for the account's own identity and trust policies: once per distinct document."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._validations import ANSWER, DIGEST, OPERATION, each_validated, known
from pipeline.collectors.authorization_details import DATASETS as DETAILS
from pipeline.schema import Column, Dataset, account_column

IDENTITY, TRUST = "IDENTITY_POLICY", "TRUST_POLICY"
ASKED_AS: dict[str, dict[str, str]] = {
    IDENTITY: {"policyType": "IDENTITY_POLICY"},
    TRUST: {"policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::IAM::AssumeRolePolicyDocument"},
}
AWS_OWNED = "::aws:policy/"
KEPT_BY_AWS = ("/aws-service-role/", "/aws-reserved/")

VALIDATIONS = Dataset(
    "document_validations",
    "Findings of ValidatePolicy on each distinct identity and trust policy of the account; one row NONE if clean.",
    "account",
    (*DETAILS[0].operations, OPERATION),
    (
        account_column(),
        DIGEST,
        Column(
            "policy_type", "varchar", "Policy type that it was validated as", required=True, values=(IDENTITY, TRUST)
        ),
        *ANSWER,
    ),
    key=(),  # the same issue can stand in two places of a document
)

DATASETS = (VALIDATIONS,)


def collect(account: Account) -> Rows:
    remembered = known(account, VALIDATIONS)
    rows = each_validated(account, _documents(account), lambda policy_type: ASKED_AS[policy_type], remembered)
    return {VALIDATIONS.name: [row | {"account_id": account.account_id} for row in rows]}


def _documents(account: Account) -> Iterator[tuple[str, str]]:
    for policy in account.rows("policies"):
        if AWS_OWNED not in policy["arn"] and policy["document"]:
            yield policy["document"], IDENTITY
    for policy in account.rows("inline_policies"):
        yield policy["document"], IDENTITY
    for role in account.rows("roles"):
        if not role["path"].startswith(KEPT_BY_AWS) and role["trust_document"]:
            yield role["trust_document"], TRUST
