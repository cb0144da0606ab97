"""CodeCommit's repositories: what SSH keys and credentials for CodeCommit are for."""

from __future__ import annotations

from pipeline.aws.account import Account
from pipeline.collectors import Rows
from pipeline.collectors._offered import items
from pipeline.schema import Column, Dataset, account_column

LIST = "codecommit:ListRepositories"

REPOSITORIES = Dataset(
    "codecommit_repositories",
    "Repositories of CodeCommit.",
    "region",
    (LIST,),
    (
        account_column(),
        Column("region", "varchar", "Region of the repository", required=True),
        Column("repository_name", "varchar", "Name of the repository", required=True),
    ),
    key=("account_id", "region", "repository_name"),
)

DATASETS = (REPOSITORIES,)


def collect(account: Account) -> Rows:
    rows = [
        {"account_id": account.account_id, "region": account.region, "repository_name": found["repositoryName"]}
        for found in items(account, LIST, "repositories")
    ]
    return {REPOSITORIES.name: rows}
