"""Archive rules: the external access findings that an analyzer archives automatically."""

from __future__ import annotations

from pipeline.collectors._listing import Each, listing
from pipeline.collectors.analyzers import ANALYZERS
from pipeline.collectors.external_analyzers import is_external
from pipeline.schema import ARN, Column, Dataset, account_column

RULES = Dataset(
    "archive_rules",
    "Archive rules of external access analyzers.",
    "region",
    (*ANALYZERS.operations, "access-analyzer:ListArchiveRules"),
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
        Column("rule_name", "varchar", "Name of the rule", required=True, source="ruleName"),
        Column(
            "filter", "json", 'Criteria by property: {"isPublic": {"eq": ["false"]}}', required=True, source="filter"
        ),
        Column("created_at", "timestamp", "When it was created (UTC)", required=True, source="createdAt"),
        Column("updated_at", "timestamp", "When it last changed (UTC)", required=True, source="updatedAt"),
    ),
    key=("account_id", "region", "analyzer_arn", "rule_name"),
)

DATASETS = (RULES,)

collect = listing(RULES, "archiveRules", each=Each(ANALYZERS, {"analyzerName": "name"}, where=is_external))
