"""CodeBuild projects, and whether their environment variables contain AWS keys."""

from __future__ import annotations

from typing import Any

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._batches import Describe
from pipeline.collectors._keys import COLUMNS, aws_key_variables
from pipeline.schema import ARN, Column, Dataset, Row, account_column

LIST, DESCRIBE = "codebuild:ListProjects", "codebuild:BatchGetProjects"
LARGEST_BATCH = 100

PROJECTS = Dataset(
    "codebuild_projects",
    "CodeBuild projects, without the values of their environment variables.",
    "region",
    (LIST, DESCRIBE),
    (
        account_column(),
        Column("region", "varchar", "Region of the project", required=True),
        Column("project_name", "varchar", "Name of the project", required=True),
        Column("arn", "varchar", "ARN of the project", required=True, pattern=ARN),
        Column("role_arn", "varchar", "ARN of the service role", pattern=ARN),
        *COLUMNS,
    ),
    key=("account_id", "region", "arn"),
)

DATASETS = (PROJECTS,)
BATCH = Describe(DESCRIBE, "projects", "names", ("name", "arn"), "projectsNotFound", LARGEST_BATCH)


def collect(account: Account) -> Rows:
    names = list(account.pages(LIST, "projects"))
    projects = BATCH.all(account, PROJECTS, names)
    rows = [_row(account, project) for project in projects]
    return {PROJECTS.name: rows}


def _row(account: Account, project: dict[str, Any]) -> Row:
    variables = project.get("environment", {}).get("environmentVariables", [])
    # The others refer to a secret or a parameter: the key does not stand in the project.
    plain = [(v["name"], v["value"]) for v in variables if v.get("type", "PLAINTEXT") == "PLAINTEXT"]
    names = aws_key_variables(plain)
    return {
        "account_id": account.account_id,
        "region": account.region,
        "project_name": project["name"],
        "arn": project["arn"],
        "role_arn": project.get("serviceRole"),
        "has_aws_key_variable": bool(names),
        "aws_key_variables": names,
    }
