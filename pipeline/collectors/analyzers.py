"""IAM Access Analyzer's analyzers."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import TAGS, compact, tag_map, utc
from pipeline.schema import ARN, Column, Dataset, Row, account_column

TYPES = (
    "ACCOUNT",
    "ORGANIZATION",
    "ACCOUNT_UNUSED_ACCESS",
    "ORGANIZATION_UNUSED_ACCESS",
    "ACCOUNT_INTERNAL_ACCESS",
    "ORGANIZATION_INTERNAL_ACCESS",
)

ANALYZERS = Dataset(
    "analyzers",
    "Access Analyzer's analyzers of the account and region.",
    "region",
    ("access-analyzer:ListAnalyzers",),
    (
        account_column(),
        Column("region", "varchar", "Region of the analyzer", required=True),
        Column("analyzer_arn", "varchar", "ARN of the analyzer", required=True, pattern=ARN),
        Column("name", "varchar", "Name of the analyzer", required=True),
        Column("analyzer_type", "varchar", "What it looks for, and how far", required=True, values=TYPES),
        Column(
            "status",
            "varchar",
            "Whether it works",
            required=True,
            values=("ACTIVE", "CREATING", "DISABLED", "FAILED"),
        ),
        Column("status_reason", "varchar", "AWS's code for why it does not work"),
        Column("created_at", "timestamp", "When it was created (UTC)", required=True),
        Column("last_resource_analyzed_at", "timestamp", "When it last looked at a resource (UTC)"),
        Column("configuration", "json", "Its settings, such as the age of unused access", required=True),
        TAGS,
    ),
    key=("account_id", "region", "analyzer_arn"),
)

DATASETS = (ANALYZERS,)
NOT_WORKING = ("CREATING", "DISABLED", "FAILED")


def is_working(analyzer: Row) -> bool:
    """Whether it has findings to ask for; also in a state that AWS did not have before."""
    return analyzer["status"] not in NOT_WORKING


def arn_of(analyzer: Row) -> str:
    arn: str = analyzer["analyzer_arn"]
    return arn


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "region": account.region,
            "analyzer_arn": analyzer["arn"],
            "name": analyzer["name"],
            "analyzer_type": analyzer["type"],
            "status": analyzer["status"],
            "status_reason": analyzer.get("statusReason", {}).get("code"),
            "created_at": utc(analyzer["createdAt"]),
            "last_resource_analyzed_at": utc(analyzer.get("lastResourceAnalyzedAt")),
            "configuration": compact(analyzer.get("configuration", {})),
            "tags": tag_map(analyzer.get("tags", {})),
        }
        for analyzer in account.pages("access-analyzer:ListAnalyzers", "analyzers")
    ]
    return {ANALYZERS.name: rows}
