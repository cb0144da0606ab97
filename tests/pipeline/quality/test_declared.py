"""Checks that follow from the declarations of datasets."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from pipeline import collectors
from pipeline.quality import reconciled, run
from pipeline.quality.declared import no_rows
from pipeline.schema import QUALITY_RESULTS, Column, account_column
from tests.pipeline.quality.support import (
    DATASETS,
    KEYS,
    USERS,
    check,
    night,
)


def test_braces_and_colons_reach_the_database_as_they_are(con: duckdb.DuckDBPyConnection) -> None:
    check(con, night())
    query = "select 'a:b{2}(?:c)%:d' as text, regexp_full_match('aa:b', 'a{2}(?::b)') as matches from $table limit 1"
    (result,) = run.run(con, [no_rows("users", "odd", "warning", "Odd", query)], DATASETS)
    assert result.sample == ({"text": "a:b{2}(?:c)%:d", "matches": True},)


def test_declared_checks_have_unique_names_and_known_datasets() -> None:
    datasets = collectors.datasets()
    found = reconciled.checks(datasets.values())
    assert len({one.key for one in found}) == len(found)
    assert {one.dataset for one in found} == datasets.keys() - {QUALITY_RESULTS.name}
    assert all(one.description and one.name.isidentifier() for one in found)


def test_a_reference_to_nowhere_is_an_error_of_the_declaration() -> None:
    wrong = replace(KEYS, columns=(account_column(), Column("user_name", "varchar", "User", references="users.nick")))
    with pytest.raises(TypeError, match=r"keys.user_name: references users.nick, which no dataset declares"):
        reconciled.checks([USERS, wrong])
