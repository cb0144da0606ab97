"""Active findings of Access Analyzer on unused access and internal access."""

from __future__ import annotations

from pipeline.collectors._listing import Each, listing
from pipeline.collectors.analyzers import ANALYZERS, looks_inside
from pipeline.schema import ACCOUNT_ID, ARN, Column, Dataset, account_column

ACTIVE = {"status": {"eq": ["ACTIVE"]}}

FINDINGS = Dataset(
    "analyzer_findings",
    "Active findings of unused access and internal access analyzers.",
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
        Column(
            "finding_type",
            "varchar",
            "Type of the finding (UnusedIAMRole, UnusedPermission, ...)",
            source="findingType",
        ),
        Column("resource", "varchar", "ARN of the resource that the finding is about", source="resource"),
        Column(
            "resource_type", "varchar", "Type of that resource (AWS::IAM::Role)", required=True, source="resourceType"
        ),
        Column(
            "resource_owner_account_id",
            "varchar",
            "Account that owns the resource",
            required=True,
            pattern=ACCOUNT_ID,
            source="resourceOwnerAccount",
        ),
        Column(
            "status",
            "varchar",
            "Status of the finding; only active ones are read",
            required=True,
            values=("ACTIVE",),
            source="status",
        ),
        Column("created_at", "timestamp", "When the finding was created (UTC)", required=True, source="createdAt"),
        Column("updated_at", "timestamp", "When the finding last changed (UTC)", required=True, source="updatedAt"),
    ),
    key=("account_id", "region", "analyzer_arn", "finding_id"),
)

DATASETS = (FINDINGS,)


collect = listing(
    FINDINGS, "findings", each=Each(ANALYZERS, {"analyzerArn": "analyzer_arn"}, where=looks_inside), filter=ACTIVE
)
