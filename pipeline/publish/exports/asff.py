"""Findings in the AWS Security Finding Format, for Security Hub's BatchImportFindings.

https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format-syntax.html
"""

from __future__ import annotations

from typing import Any

from pipeline.publish.exports import PRODUCT, finding_id, partition, requirements
from pipeline.schema import Row

LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_FIX, MOST_REQUIREMENTS = 256, 1024, 512, 32
COMPLIANCE = {
    "pass": "PASSED",
    "fail": "FAILED",
    "exempt": "FAILED",
    "unknown": "WARNING",
    "manual": "WARNING",
    "not_applicable": "NOT_AVAILABLE",
}
WORKFLOW = {"exempt": "SUPPRESSED", "pass": "RESOLVED", "not_applicable": "RESOLVED"}
"""Other verdicts are NEW."""


def finding(row: Row, region: str) -> dict[str, Any]:
    """A finding (`findings.FLAT`) as ASFF, a custom product of its account, for Security Hub in this Region."""
    verdict, of = row["verdict"], partition(row) or "aws"
    place = {} if row["region"] == "global" else {"Region": row["region"]}
    return {
        "SchemaVersion": "2018-10-08",
        "Id": finding_id(row),
        "ProductArn": f"arn:{of}:securityhub:{region}:{row['account_id']}:product/{row['account_id']}/default",
        "ProductName": PRODUCT,
        "GeneratorId": f"rolecall/{row['control_id']}",
        "AwsAccountId": row["account_id"],
        "Region": region,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "FirstObservedAt": f"{row['first_seen']}T00:00:00Z",
        "CreatedAt": f"{row['first_seen']}T00:00:00Z",
        "UpdatedAt": f"{row['as_of']}T00:00:00Z",
        "Severity": {
            "Label": row["severity"].upper() if verdict in ("fail", "exempt", "unknown", "manual") else "INFORMATIONAL"
        },
        "Title": row["title"][:LONGEST_TITLE],
        "Description": row["reason"][:LONGEST_DESCRIPTION],
        "Remediation": {"Recommendation": {"Text": row["fix"][:LONGEST_FIX]}},
        "ProductFields": {"rolecall/verdict": verdict, "rolecall/control": row["number"]},
        "Resources": [{"Type": "Other", "Id": row["resource"], "Partition": of, **place}],
        "Compliance": {
            "Status": COMPLIANCE[verdict],
            "RelatedRequirements": [f"{name} {number}" for name, number in requirements(row)][:MOST_REQUIREMENTS],
        },
        "Workflow": {"Status": WORKFLOW.get(verdict, "NEW")},
        "RecordState": "ACTIVE",
    }
