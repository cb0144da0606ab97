"""Policies that Access Analyzer generated from activity. AWS remembers them for seven days, the landing for longer."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._values import utc
from pipeline.schema import ARN, Column, Dataset, account_column

OPERATION = "access-analyzer:ListPolicyGenerations"

GENERATIONS = Dataset(
    "policy_generations",
    "Policy generation jobs of the last seven days, and of earlier nights with their as_of.",
    "region",
    (OPERATION,),
    (
        account_column(),
        Column("region", "varchar", "Region asked", required=True),
        Column("job_id", "varchar", "Id of the job", required=True),
        Column("principal_arn", "varchar", "Role or user that the policy is for", required=True, pattern=ARN),
        Column(
            "status",
            "varchar",
            "How it went",
            required=True,
            values=("IN_PROGRESS", "SUCCEEDED", "FAILED", "CANCELED"),
        ),
        Column("started_at", "timestamp", "When it was started (UTC)", required=True),
        Column("completed_at", "timestamp", "When it ended (UTC)"),
    ),
    key=("account_id", "region", "job_id"),
    history_days=180,
)

DATASETS = (GENERATIONS,)


def collect(account: Account) -> Rows:
    rows = [
        {
            "account_id": account.account_id,
            "region": account.region,
            "job_id": job["jobId"],
            "principal_arn": job["principalArn"],
            "status": job["status"],
            "started_at": utc(job["startedOn"]),
            "completed_at": utc(job.get("completedOn")),
        }
        for job in account.pages(OPERATION, "policyGenerations")
    ]
    return {GENERATIONS.name: rows}
