"""What Access Analyzer says of the account's own identity and trust policies.

Each distinct document is asked about once a worker, whichever accounts have it, and again only when the answer is
old: AWS adds checks to its validator without a version. Documents come of age on different nights.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Any

from pipeline.aws import Account
from pipeline.collectors import Rows
from pipeline.collectors.authorization_details import DATASETS as DETAILS
from pipeline.schema import Column, Dataset, Row, account_column

OPERATION = "access-analyzer:ValidatePolicy"
CLEAN = "NONE"
IDENTITY, TRUST = "IDENTITY_POLICY", "TRUST_POLICY"
ASKED_AS: dict[str, dict[str, str]] = {
    IDENTITY: {"policyType": "IDENTITY_POLICY"},
    TRUST: {"policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::IAM::AssumeRolePolicyDocument"},
}
FIRST_AGE_DAYS, SPREAD_DAYS = 21, 7
AWS_OWNED = "::aws:policy/"
KEPT_BY_AWS = ("/aws-service-role/", "/aws-reserved/")

VALIDATIONS = Dataset(
    "document_validations",
    "Findings of ValidatePolicy on each distinct identity and trust policy of the account; one row NONE if clean.",
    "account",
    (*DETAILS[0].operations, OPERATION),
    (
        account_column(),
        Column("document_sha256", "varchar", "SHA-256 of the document", required=True, pattern=r"[0-9a-f]{64}"),
        Column("policy_type", "varchar", "What it was validated as", required=True, values=(IDENTITY, TRUST)),
        Column("validated_on", "date", "Night on which AWS was asked", required=True),
        Column(
            "finding_type",
            "varchar",
            "Weight of the finding; NONE for a clean document",
            required=True,
            values=("ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION", CLEAN),
        ),
        Column("issue_code", "varchar", "AWS's name of the issue"),
        Column("finding_details", "varchar", "AWS's explanation"),
        Column("learn_more_link", "varchar", "AWS's page on the issue"),
    ),
    key=(),  # the same issue can stand in two places of a document
)

DATASETS = (VALIDATIONS,)


def collect(account: Account) -> Rows:
    known: dict[tuple[str, str], list[Row]] = {}
    for row in account.remembered(VALIDATIONS):
        if not is_due(row["document_sha256"], row["validated_on"], account.memory.as_of):
            known.setdefault((row["document_sha256"], row["policy_type"]), []).append(row)
    rows = []
    for document, policy_type in sorted(set(_documents(account))):
        key = (sha256(document.encode()).hexdigest(), policy_type)
        found = _validated(account, document, policy_type, key, known.get(key))
        rows += [row | {"account_id": account.account_id} for row in found]
    return {VALIDATIONS.name: rows}


def is_due(digest: str, validated_on: date, as_of: date) -> bool:
    """Whether an answer is old: after three weeks, on a day of the fourth that the document's hash decides."""
    age_days = (as_of - validated_on).days
    return age_days >= FIRST_AGE_DAYS + int(digest[:8], 16) % SPREAD_DAYS


def _documents(account: Account) -> Iterator[tuple[str, str]]:
    for policy in account.rows("policies"):
        if AWS_OWNED not in policy["arn"] and policy["document"]:
            yield policy["document"], IDENTITY
    for policy in account.rows("inline_policies"):
        yield policy["document"], IDENTITY
    for role in account.rows("roles"):
        if not role["path"].startswith(KEPT_BY_AWS) and role["trust_document"]:
            yield role["trust_document"], TRUST


def _validated(account: Account, document: str, policy_type: str, key: Any, known: list[Row] | None) -> list[Row]:
    found: list[Row] = account.memory.once(
        (OPERATION, key), lambda: known or list(_ask(account, document, policy_type, key))
    )
    return found


def _ask(account: Account, document: str, policy_type: str, key: tuple[str, str]) -> Iterator[Row]:
    asked = ASKED_AS[policy_type] | {"policyDocument": document}
    for finding in list(account.pages(OPERATION, "findings", **asked)) or [{"findingType": CLEAN}]:
        yield {
            "document_sha256": key[0],
            "policy_type": policy_type,
            "validated_on": account.memory.as_of,
            "finding_type": finding["findingType"],
            "issue_code": finding.get("issueCode"),
            "finding_details": finding.get("findingDetails"),
            "learn_more_link": finding.get("learnMoreLink"),
        }
