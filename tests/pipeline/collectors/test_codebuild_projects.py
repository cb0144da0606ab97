"""Collector `codebuild_projects`."""

from __future__ import annotations

from typing import Any

from tests.pipeline.collectors.support import (
    KEY,
    collect,
    scripted,
)


def test_projects_in_batches_by_their_clear_text() -> None:
    def get(names: list[str]) -> dict[str, Any]:
        variables = [
            {"name": "AWS_ACCESS_KEY_ID", "value": KEY, "type": "PLAINTEXT"},
            {"name": "AWS_SECRET_ACCESS_KEY", "value": "secret:id", "type": "SECRETS_MANAGER"},
        ]
        environment = {"environmentVariables": variables}
        found = [{"name": n, "arn": f"arn:aws:codebuild:x:1:project/{n}", "environment": environment} for n in names]
        return {"projects": found, "projectsNotFound": []}

    names = [f"p{n:03}" for n in range(101)]
    account = scripted({"codebuild:ListProjects": names, "codebuild:BatchGetProjects": get})
    rows = collect("codebuild_projects", account)["codebuild_projects"]
    assert [row["project_name"] for row in rows] == names
    assert {tuple(row["aws_key_variables"]) for row in rows} == {("AWS_ACCESS_KEY_ID",)}
    assert [len(params["names"]) for operation, params in account.asked if "Batch" in operation] == [100, 1]
