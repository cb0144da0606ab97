"""What Access Analyzer says of the organization's policies: asked once for each distinct document."""

from __future__ import annotations

from hashlib import sha256

from pipeline.aws import Account
from pipeline.collectors import Rows
from pipeline.collectors.organization_policies import POLICIES, POLICY_TYPES
from pipeline.schema import Column, Dataset

CLEAN = "NONE"

VALIDATIONS = Dataset(
    "policy_validations",
    "Findings of ValidatePolicy on each distinct service and resource control policy document; one row NONE if clean.",
    "organization",
    (*POLICIES.operations, "access-analyzer:ValidatePolicy"),
    (
        Column("document_sha256", "varchar", "SHA-256 of the document", required=True, pattern=r"[0-9a-f]{64}"),
        Column("policy_type", "varchar", "What it was validated as", required=True, values=POLICY_TYPES),
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


def collect(organization: Account) -> Rows:
    documents = {(p["document"], p["policy_type"]) for p in organization.rows(POLICIES.name)}
    rows = []
    for document, policy_type in sorted(documents):
        which = {"document_sha256": sha256(document.encode()).hexdigest(), "policy_type": policy_type}
        asked = {"policyDocument": document, "policyType": policy_type}
        found = list(organization.pages("access-analyzer:ValidatePolicy", "findings", **asked))
        rows += [
            {
                **which,
                "finding_type": finding.get("findingType"),
                "issue_code": finding.get("issueCode"),
                "finding_details": finding.get("findingDetails"),
                "learn_more_link": finding.get("learnMoreLink"),
            }
            for finding in found or [{"findingType": CLEAN}]
        ]
    return {VALIDATIONS.name: rows}
