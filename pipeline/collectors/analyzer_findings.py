"""Active findings of Access Analyzer on unused and internal access."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors._values import utc
from pipeline.collectors.analyzers import ANALYZERS, arn_of
from pipeline.schema import ACCOUNT_ID, ARN, Column, Dataset, Row, account_column

OPERATION = "access-analyzer:ListFindingsV2"
KINDS = ("_UNUSED_ACCESS", "_INTERNAL_ACCESS")

FINDINGS = Dataset(
    "analyzer_findings",
    "Active findings of unused-access and internal-access analyzers.",
    "region",
    (*ANALYZERS.operations, OPERATION),
    (
        account_column(),
        Column("region", "varchar", "Region of the analyzer", required=True),
        Column(
            "analyzer_arn",
            "varchar",
            "ARN of the analyzer",
            required=True,
            pattern=ARN,
            references="analyzers.analyzer_arn",
        ),
        Column("finding_id", "varchar", "Id of the finding", required=True),
        Column("finding_type", "varchar", "What was found (UnusedIAMRole, UnusedPermission, ...)"),
        Column("resource", "varchar", "ARN of the resource that it is about"),
        Column("resource_type", "varchar", "Type of that resource (AWS::IAM::Role)", required=True),
        Column("resource_owner_account_id", "varchar", "Account that owns it", required=True, pattern=ACCOUNT_ID),
        Column("status", "varchar", "Only active findings are read", required=True, values=("ACTIVE",)),
        Column("created_at", "timestamp", "When it was first found (UTC)", required=True),
        Column("updated_at", "timestamp", "When it last changed (UTC)", required=True),
    ),
    key=("account_id", "region", "analyzer_arn", "finding_id"),
)

DATASETS = (FINDINGS,)


def collect(account: Account) -> Rows:
    analyzers = [one for one in account.rows(ANALYZERS.name) if one["analyzer_type"].endswith(KINDS)]
    return {FINDINGS.name: each(account, FINDINGS, analyzers, lambda one: _of_analyzer(account, one), arn_of)}


def _of_analyzer(account: Account, analyzer: Row) -> Iterator[Row]:
    asked = {"analyzerArn": analyzer["analyzer_arn"], "filter": {"status": {"eq": ["ACTIVE"]}}}
    for finding in account.pages(OPERATION, "findings", may_be_gone=True, **asked):
        yield _row(account, analyzer["analyzer_arn"], finding)


def _row(account: Account, analyzer_arn: str, finding: dict[str, Any]) -> Row:
    return {
        "account_id": account.account_id,
        "region": account.region,
        "analyzer_arn": analyzer_arn,
        "finding_id": finding["id"],
        "finding_type": finding.get("findingType"),
        "resource": finding.get("resource"),
        "resource_type": finding["resourceType"],
        "resource_owner_account_id": finding["resourceOwnerAccount"],
        "status": finding["status"],
        "created_at": utc(finding["createdAt"]),
        "updated_at": utc(finding["updatedAt"]),
    }
