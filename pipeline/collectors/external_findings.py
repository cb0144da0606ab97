"""Active findings of Access Analyzer on access from outside."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors._values import utc
from pipeline.collectors.analyzers import ANALYZERS, arn_of, is_working
from pipeline.collectors.external_analyzers import KINDS
from pipeline.schema import ACCOUNT_ID, ARN, Column, Dataset, Row, account_column

OPERATION = "access-analyzer:ListFindingsV2"

FINDINGS = Dataset(
    "external_findings",
    "Active findings of external-access analyzers.",
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
        Column("resource", "varchar", "ARN of the resource that is open"),
        Column("resource_type", "varchar", "Type of that resource (AWS::S3::Bucket)", required=True),
        Column("resource_owner_account_id", "varchar", "Account that owns it", required=True, pattern=ACCOUNT_ID),
        Column("created_at", "timestamp", "When it was first found (UTC)", required=True),
        Column("updated_at", "timestamp", "When it last changed (UTC)", required=True),
    ),
    key=("account_id", "region", "analyzer_arn", "finding_id"),
)

DATASETS = (FINDINGS,)


def collect(account: Account) -> Rows:
    analyzers = [one for one in account.rows(ANALYZERS.name) if one["analyzer_type"] in KINDS and is_working(one)]
    return {FINDINGS.name: each(account, FINDINGS, analyzers, lambda one: _of_analyzer(account, one), arn_of)}


def _of_analyzer(account: Account, analyzer: Row) -> Iterator[Row]:
    asked = {"analyzerArn": analyzer["analyzer_arn"], "filter": {"status": {"eq": ["ACTIVE"]}}}
    for finding in account.pages(OPERATION, "findings", may_be_gone=True, **asked):
        yield {
            "account_id": account.account_id,
            "region": account.region,
            "analyzer_arn": analyzer["analyzer_arn"],
            "finding_id": finding["id"],
            "resource": finding.get("resource"),
            "resource_type": finding["resourceType"],
            "resource_owner_account_id": finding["resourceOwnerAccount"],
            "created_at": utc(finding["createdAt"]),
            "updated_at": utc(finding["updatedAt"]),
        }
