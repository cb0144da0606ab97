"""Access previews: policies that were tried on an analyzer before they were put in force."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors._values import utc
from pipeline.collectors.analyzers import ANALYZERS, arn_of, is_working
from pipeline.collectors.external_analyzers import KINDS
from pipeline.schema import ARN, Column, Dataset, Row, account_column

OPERATION = "access-analyzer:ListAccessPreviews"

PREVIEWS = Dataset(
    "access_previews",
    "Access previews that external-access analyzers still have.",
    "region",
    (*ANALYZERS.operations, OPERATION),
    (
        account_column(),
        Column("region", "varchar", "Region of the analyzer", required=True),
        Column("analyzer_arn", "varchar", "ARN of the analyzer", required=True, pattern=ARN),
        Column("preview_id", "varchar", "Id of the preview", required=True),
        Column("status", "varchar", "How it went", required=True),
        Column("created_at", "timestamp", "When it was asked for (UTC)", required=True),
    ),
    key=("account_id", "region", "analyzer_arn", "preview_id"),
)

DATASETS = (PREVIEWS,)


def collect(account: Account) -> Rows:
    analyzers = [one for one in account.rows(ANALYZERS.name) if one["analyzer_type"] in KINDS and is_working(one)]
    return {PREVIEWS.name: each(account, PREVIEWS, analyzers, lambda one: _of_analyzer(account, one), arn_of)}


def _of_analyzer(account: Account, analyzer: Row) -> Iterator[Row]:
    arn = analyzer["analyzer_arn"]
    for preview in account.pages(OPERATION, "accessPreviews", may_be_gone=True, analyzerArn=arn):
        yield {
            "account_id": account.account_id,
            "region": account.region,
            "analyzer_arn": arn,
            "preview_id": preview["id"],
            "status": preview["status"],
            "created_at": utc(preview["createdAt"]),
        }
