"""Analyzers of IAM Access Analyzer, each with its configuration.

ListAnalyzers omits the configuration (AccessAnalyzer API reference, `AnalyzerSummary`), so GetAnalyzer is called for
analyzers of the kinds that have one: unused access and internal access.
"""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.aws.failures import CallFailed
from pipeline.collectors._listing import listing
from pipeline.collectors._values import TAGS, document, tag_map
from pipeline.schema import ARN, Column, Dataset, Row, account_column

LIST, GET = "access-analyzer:ListAnalyzers", "access-analyzer:GetAnalyzer"

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
    "Access Analyzer's analyzers in the account and Region.",
    "region",
    (LIST, GET),
    (
        account_column(),
        Column("region", "varchar", "Region of the analyzer", required=True),
        Column("analyzer_arn", "varchar", "ARN of the analyzer", required=True, pattern=ARN, source="arn"),
        Column("name", "varchar", "Name of the analyzer", required=True, source="name"),
        Column(
            "analyzer_type", "varchar", "Kind of access and zone of trust", required=True, values=TYPES, source="type"
        ),
        Column(
            "status",
            "varchar",
            "Status of the analyzer",
            required=True,
            values=("ACTIVE", "CREATING", "DISABLED", "FAILED"),
            source="status",
        ),
        Column("status_reason", "varchar", "AWS's reason code for that status", source="statusReason.code"),
        Column("created_at", "timestamp", "When it was created (UTC)", required=True, source="createdAt"),
        Column(
            "last_resource_analyzed_at",
            "timestamp",
            "When it last analyzed a resource (UTC)",
            source="lastResourceAnalyzedAt",
        ),
        Column(
            "configuration",
            "json",
            "Configuration, such as the age of unused access; {} for analyzers of external access",
            required=True,
        ),
        Column("configuration_error", "varchar", "Why the configuration could not be read; null where it could"),
        Column(
            "managed_by",
            "varchar",
            "Service principal that manages it; null where the organization does",
            source="managedBy",
        ),
        TAGS,
    ),
    key=("account_id", "region", "analyzer_arn"),
)

DATASETS = (ANALYZERS,)


def looks_inside(analyzer: Row) -> bool:
    """Whether a row of `analyzers` is for unused or internal access, and so has a configuration."""
    return str(analyzer["analyzer_type"]).endswith(("_UNUSED_ACCESS", "_INTERNAL_ACCESS"))


def _configured(account: Account, analyzer: Row) -> Row | None:
    """The analyzer with its configuration, or with the error; None if it is gone."""
    if not looks_inside(analyzer):
        return analyzer
    try:
        answer = account.optional(GET, analyzerName=analyzer["name"])
    except CallFailed as failed:
        return analyzer | {"configuration_error": failed.message or failed.error_class}
    return answer and analyzer | {"configuration": document(answer["analyzer"].get("configuration") or {})}


collect = listing(
    ANALYZERS,
    "analyzers",
    operation=LIST,
    computed={
        TAGS.name: lambda account, analyzer: tag_map(analyzer.get("tags") or {}),
        "configuration": lambda account, analyzer: "{}",
        "configuration_error": lambda account, analyzer: None,
    },
    completed=_configured,
)
