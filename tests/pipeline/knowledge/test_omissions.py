"""What AWS leaves out, held against what collectors read and the emulator answers."""

from __future__ import annotations

import re
from collections.abc import Iterator

import jmespath
import pytest

from pipeline import collectors, knowledge
from pipeline.knowledge.omissions import left_out
from pipeline.schema import Dataset

DATASETS = collectors.datasets()


def test_list_analyzers_omits_the_configuration() -> None:
    """https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AnalyzerSummary.html"""
    assert left_out()["access-analyzer:ListAnalyzers"] == {"analyzers[].configuration"}


def test_list_roles_omits_what_its_page_names() -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html"""
    assert left_out()["iam:ListRoles"] == {"Roles[].PermissionsBoundary", "Roles[].RoleLastUsed", "Roles[].Tags"}


def test_every_sentence_was_judged() -> None:
    sentences = knowledge.load("left_out").facts["sentence"]
    assert [one["says"] for one in sentences if one.get("reviewed") is False or "left_out" not in one] == []
    assert len(sentences) > 30


def columns_read(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Column and the first member that its source names."""
    for column in dataset.columns:
        if column.source and (found := re.match(r"\w+", column.source)):
            assert jmespath.compile(column.source)
            yield column.name, found[0]


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_no_declared_column_reads_a_member_that_never_comes(name: str) -> None:
    """Of every operation that the dataset asks: which of them a column is from, it does not say."""
    dataset = DATASETS[name]
    never = {path.rpartition(".")[2] for asked in dataset.operations for path in left_out().get(asked, ())}
    assert [column for column, member in columns_read(dataset) if member in never] == []
