"""CodeCommit repositories, the use of SSH public keys and Git credentials."""

from __future__ import annotations

from pipeline.collectors._listing import listing
from pipeline.schema import Column, Dataset, account_column

REPOSITORIES = Dataset(
    "codecommit_repositories",
    "CodeCommit repositories.",
    "region",
    ("codecommit:ListRepositories",),
    (
        account_column(),
        Column("region", "varchar", "Region of the repository", required=True),
        Column("repository_name", "varchar", "Name of the repository", required=True, source="repositoryName"),
    ),
    key=("account_id", "region", "repository_name"),
)

DATASETS = (REPOSITORIES,)

collect = listing(REPOSITORIES, "repositories", is_everywhere=False)
