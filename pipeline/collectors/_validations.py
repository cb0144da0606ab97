"""Policy validation by Access Analyzer, with results reused on later nights.

AWS adds checks to its validator without a version number. So each document is validated again after three weeks, on a
day of the fourth week chosen by its hash, to spread the calls over several nights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.schema import Column, Dataset, Row

OPERATION = "access-analyzer:ValidatePolicy"
CLEAN = "NONE"
REFUSED_DOCUMENT = "invalid_request"
"""The class of a ValidationException: the validator rejects the document. Other failures are about the call."""
FIRST_AGE_DAYS, SPREAD_DAYS = 21, 7

DIGEST = Column("document_sha256", "varchar", "SHA-256 of the document", required=True, pattern=r"[0-9a-f]{64}")
ANSWER = (
    Column("validated_on", "date", "Night on which the document was validated", required=True),
    Column(
        "finding_type",
        "varchar",
        "Severity of the finding; NONE for a clean document",
        required=True,
        values=("ERROR", "SECURITY_WARNING", "WARNING", "SUGGESTION", CLEAN),
    ),
    Column("issue_code", "varchar", "Issue code"),
    Column("finding_details", "varchar", "Explanation by AWS"),
    Column("learn_more_link", "varchar", "URL of the documentation of the issue"),
)

Key = tuple[str, str]
"""A document's hash and its policy type."""


def is_due(digest: str, validated_on: date, as_of: date) -> bool:
    """Whether a result must be refreshed."""
    age_days = (as_of - validated_on).days
    return age_days >= FIRST_AGE_DAYS + int(digest[:8], 16) % SPREAD_DAYS


def known(account: Account, dataset: Dataset) -> dict[Key, list[Row]]:
    """The results of earlier nights that are still valid."""
    answers: dict[Key, list[Row]] = {}
    for row in account.remembered(dataset):
        if not is_due(row["document_sha256"], row["validated_on"], account.memory.as_of):
            answers.setdefault((row["document_sha256"], row["policy_type"]), []).append(row)
    return answers


def each_validated(
    account: Account,
    documents: Iterable[tuple[str, str]],
    asked_as: Callable[[str], Mapping[str, str]],
    remembered: Mapping[Key, list[Row]],
) -> list[Row]:
    """The results for pairs of document and policy type. Documents that AWS rejects have no result.

    Raises `CallFailed` if all documents were rejected, and for failures that are not about a document.
    """
    rows: list[Row] = []
    refusals, distinct = [], sorted(set(documents))
    for document, policy_type in distinct:
        try:
            rows += validated(account, document, policy_type, asked_as(policy_type), remembered)
        except CallFailed as failed:
            if failed.error_class != REFUSED_DOCUMENT:
                raise
            refusals.append(failed)
    if refusals and len(refusals) == len(distinct):
        raise refusals[0]
    return rows


def validated(
    account: Account, document: str, policy_type: str, request: Mapping[str, str], remembered: Mapping[Key, list[Row]]
) -> list[Row]:
    """The result for one document: the account's own from an earlier night, else requested once per worker."""
    key = (sha256(document.encode()).hexdigest(), policy_type)
    ask = {**request, "policyDocument": document}
    return remembered.get(key) or account.memory.once((OPERATION, key), lambda: _ask(account, key, ask))


def _ask(account: Account, key: Key, request: Mapping[str, str]) -> list[Row]:
    findings = list(account.pages(OPERATION, "findings", **dict[str, Any](request))) or [{"findingType": CLEAN}]
    return [
        {
            "document_sha256": key[0],
            "policy_type": key[1],
            "validated_on": account.memory.as_of,
            "finding_type": finding["findingType"],
            "issue_code": finding.get("issueCode"),
            "finding_details": finding.get("findingDetails"),
            "learn_more_link": finding.get("learnMoreLink"),
        }
        for finding in findings
    ]
