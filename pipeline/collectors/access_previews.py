"""Access previews: policies tested with an analyzer before they were deployed."""

from __future__ import annotations

from pipeline.collectors._listing import Each, listing
from pipeline.collectors.analyzers import ANALYZERS
from pipeline.collectors.external_analyzers import is_active_external
from pipeline.schema import ARN, Column, Dataset, account_column

PREVIEWS = Dataset(
    "access_previews",
    "Access previews that external access analyzers still keep.",
    "region",
    (*ANALYZERS.operations, "access-analyzer:ListAccessPreviews"),
    (
        account_column(),
        Column("region", "varchar", "Region of the analyzer", required=True),
        Column("analyzer_arn", "varchar", "ARN of the analyzer", required=True, pattern=ARN),
        Column("preview_id", "varchar", "Id of the preview", required=True, source="id"),
        Column("status", "varchar", "Status: COMPLETED, CREATING or FAILED", required=True, source="status"),
        Column("created_at", "timestamp", "When it was requested (UTC)", required=True, source="createdAt"),
    ),
    key=("account_id", "region", "analyzer_arn", "preview_id"),
)

DATASETS = (PREVIEWS,)

collect = listing(
    PREVIEWS, "accessPreviews", each=Each(ANALYZERS, {"analyzerArn": "analyzer_arn"}, where=is_active_external)
)
