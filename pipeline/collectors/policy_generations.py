"""Policy generation jobs of Access Analyzer. AWS keeps them for seven days, the landing for longer.

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ListPolicyGenerations.html
"""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import ARN, Column, Dataset, account_column

GENERATIONS = Dataset(
    "policy_generations",
    "Policy generation jobs of the last seven days, and of earlier nights with their as_of.",
    "region",
    ("access-analyzer:ListPolicyGenerations",),
    (
        account_column(),
        Column("region", "varchar", "Region of the job", required=True),
        Column("job_id", "varchar", "Id of the job", required=True, source="jobId"),
        Column(
            "principal_arn",
            "varchar",
            "Role or user that the policy is generated for",
            required=True,
            pattern=ARN,
            source="principalArn",
        ),
        Column(
            "status",
            "varchar",
            "Status of the job",
            required=True,
            values=("IN_PROGRESS", "SUCCEEDED", "FAILED", "CANCELED"),
            source="status",
        ),
        Column("started_at", "timestamp", "When it started (UTC)", required=True, source="startedOn"),
        Column("completed_at", "timestamp", "When it ended (UTC)", source="completedOn"),
    ),
    key=("account_id", "region", "job_id"),
    history_days=180,
)

DATASETS = (GENERATIONS,)

collect = listing(GENERATIONS, "policyGenerations")
