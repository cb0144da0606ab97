"""Archive rules: which findings on access from outside are put away before anybody sees them."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors._values import compact, utc
from pipeline.collectors.analyzers import ANALYZERS, arn_of
from pipeline.collectors.external_analyzers import KINDS
from pipeline.schema import ARN, Column, Dataset, Row, account_column

OPERATION = "access-analyzer:ListArchiveRules"

RULES = Dataset(
    "archive_rules",
    "Archive rules of external-access analyzers.",
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
        Column("rule_name", "varchar", "Name of the rule", required=True),
        Column("filter", "json", 'What it matches, by property: {"isPublic": {"eq": ["false"]}}', required=True),
        Column("created_at", "timestamp", "When it was created (UTC)", required=True),
        Column("updated_at", "timestamp", "When it last changed (UTC)", required=True),
    ),
    key=("account_id", "region", "analyzer_arn", "rule_name"),
)

DATASETS = (RULES,)


def collect(account: Account) -> Rows:
    analyzers = [one for one in account.rows(ANALYZERS.name) if one["analyzer_type"] in KINDS]
    return {RULES.name: each(account, RULES, analyzers, lambda one: _of_analyzer(account, one), arn_of)}


def _of_analyzer(account: Account, analyzer: Row) -> Iterator[Row]:
    for rule in account.pages(OPERATION, "archiveRules", may_be_gone=True, analyzerName=analyzer["name"]):
        yield {
            "account_id": account.account_id,
            "region": account.region,
            "analyzer_arn": analyzer["analyzer_arn"],
            "rule_name": rule["ruleName"],
            "filter": compact(rule["filter"]),
            "created_at": utc(rule["createdAt"]),
            "updated_at": utc(rule["updatedAt"]),
        }
