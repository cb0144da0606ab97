"""Active findings of Access Analyzer on external access."""

from __future__ import annotations

from pipeline.collectors._listing import Each, listing
from pipeline.collectors.analyzer_findings import ACTIVE
from pipeline.collectors.analyzers import ANALYZERS
from pipeline.collectors.external_analyzers import is_active_external
from pipeline.schema import ACCOUNT_ID, ARN, Column, Dataset, account_column

FINDINGS = Dataset(
    "external_findings",
    "Active findings of external access analyzers.",
    "region",
    (*ANALYZERS.operations, "access-analyzer:ListFindingsV2"),
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
        Column("finding_id", "varchar", "Id of the finding", required=True, source="id"),
        Column("resource", "varchar", "ARN of the resource with external access", source="resource"),
        Column(
            "resource_type", "varchar", "Type of that resource (AWS::S3::Bucket)", required=True, source="resourceType"
        ),
        Column(
            "resource_owner_account_id",
            "varchar",
            "Account that owns the resource",
            required=True,
            pattern=ACCOUNT_ID,
            source="resourceOwnerAccount",
        ),
        Column("created_at", "timestamp", "When the finding was created (UTC)", required=True, source="createdAt"),
        Column("updated_at", "timestamp", "When the finding last changed (UTC)", required=True, source="updatedAt"),
    ),
    key=("account_id", "region", "analyzer_arn", "finding_id"),
)

DATASETS = (FINDINGS,)

collect = listing(
    FINDINGS, "findings", each=Each(ANALYZERS, {"analyzerArn": "analyzer_arn"}, where=is_active_external), filter=ACTIVE
)
