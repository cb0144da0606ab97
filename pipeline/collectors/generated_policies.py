"""The policies that Access Analyzer generated from activity: asked for once for each job, and remembered by its id."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._items import each
from pipeline.collectors._values import document
from pipeline.collectors.policy_generations import GENERATIONS
from pipeline.schema import ARN, Column, Dataset, Row, account_column

OPERATION = "access-analyzer:GetGeneratedPolicy"
DONE = "SUCCEEDED"

POLICIES = Dataset(
    "generated_policies",
    "What the policy generation jobs of the last seven days made, and those of earlier nights with their as_of.",
    "region",
    (*GENERATIONS.operations, OPERATION),
    (
        account_column(),
        Column("region", "varchar", "Region asked", required=True),
        Column("job_id", "varchar", "Id of the job", required=True),
        Column("principal_arn", "varchar", "Role or user that the policy is for", required=True, pattern=ARN),
        Column("completed_at", "timestamp", "When the job ended (UTC)"),
        Column("is_complete", "boolean", "Whether it holds all actions that AWS could tell from the trail"),
        Column("policies", "varchar[]", "The policies as JSON text, without placeholders for resources", required=True),
    ),
    key=("account_id", "region", "job_id"),
    history_days=180,
)

DATASETS = (POLICIES,)


def collect(account: Account) -> Rows:
    held = {row["job_id"]: row for row in account.remembered(POLICIES)}
    jobs = [job for job in account.rows(GENERATIONS.name) if job["status"] == DONE]
    rows = each(
        account,
        POLICIES,
        jobs,
        lambda job: [held[job["job_id"]]] if job["job_id"] in held else _ask(account, job),
        lambda job: str(job["principal_arn"]),
    )
    return {POLICIES.name: rows}


def _ask(account: Account, job: Row) -> Iterator[Row]:
    answer = account.optional(OPERATION, jobId=job["job_id"], includeResourcePlaceholders=False)
    if answer is None:  # AWS forgets jobs after seven days
        return
    result = answer["generatedPolicyResult"]
    yield {
        "account_id": account.account_id,
        "region": account.region,
        "job_id": job["job_id"],
        "principal_arn": job["principal_arn"],
        "completed_at": job["completed_at"],
        "is_complete": result["properties"].get("isComplete"),
        "policies": [document(one["policy"]) for one in result.get("generatedPolicies", ())],
    }
