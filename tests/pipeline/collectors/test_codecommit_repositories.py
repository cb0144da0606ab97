"""Collector `codecommit_repositories`."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.aws.failures import CallFailed
from tests.pipeline.collectors.support import WHERE, ScriptedAccount, collect, rows_of, scripted


def test_repositories_by_name() -> None:
    found = [{"repositoryName": "mirror", "repositoryId": "1"}]
    rows = rows_of("codecommit_repositories", scripted({"codecommit:ListRepositories": found}))
    assert rows == [WHERE | {"repository_name": "mirror"}]


def test_a_region_without_codecommit_has_no_repositories_and_a_denial_is_a_failure() -> None:
    def refuse(error_class: str) -> Any:
        def answer() -> Any:
            raise CallFailed("codecommit:ListRepositories", error_class, None, "", "eu-central-2")

        return ScriptedAccount({"codecommit:ListRepositories": answer}, region="eu-central-2")

    assert collect("codecommit_repositories", refuse("not_offered"))["codecommit_repositories"] == []
    with pytest.raises(CallFailed):
        collect("codecommit_repositories", refuse("iam_deny"))
