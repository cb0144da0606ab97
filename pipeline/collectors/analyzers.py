"""Analyzers of IAM Access Analyzer."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.collectors._values import TAGS, tag_map
from pipeline.schema import ARN, Column, Dataset, account_column

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
    ("access-analyzer:ListAnalyzers",),
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
            "Configuration, such as the age of unused access",
            required=True,
            source="configuration || `{}`",
        ),
        TAGS,
    ),
    key=("account_id", "region", "analyzer_arn"),
)

DATASETS = (ANALYZERS,)

collect = listing(
    ANALYZERS, "analyzers", made={TAGS.name: lambda account, analyzer: tag_map(analyzer.get("tags") or {})}
)
