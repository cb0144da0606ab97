"""Access previews: policies that were tried on an analyzer before they were put in force."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.collectors.analyzers import ANALYZERS
from pipeline.collectors.external_analyzers import KINDS
from pipeline.schema import ARN, Column, Dataset, account_column

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
    rows = [
        {
            "account_id": account.account_id,
            "region": account.region,
            "analyzer_arn": analyzer["analyzer_arn"],
            "preview_id": preview["id"],
            "status": preview["status"],
            "created_at": utc(preview["createdAt"]),
        }
        for analyzer in account.rows(ANALYZERS.name)
        if analyzer["analyzer_type"] in KINDS and analyzer["status"] == "ACTIVE"
        for preview in account.pages(OPERATION, "accessPreviews", analyzerArn=analyzer["analyzer_arn"])
    ]
    return {PREVIEWS.name: rows}
