"""What every fact module offers, and that none has to be named elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from pipeline import facts
from pipeline.facts import Facts
from pipeline.warehouse import models

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("fact", facts.discover(), ids=lambda fact: fact.TABLE.name)
def test_a_module_is_a_table(fact: Facts) -> None:
    assert fact.TABLE.name == f"fact_{Path(fact.__file__).stem}"
    assert set(fact.JUDGES) <= set(get_args(facts.PolicyLayer))
    columns = {column.name for column in fact.TABLE.columns}
    assert set(fact.TABLE.key) <= columns
    assert all(column.description for column in fact.TABLE.columns)


def test_facts_read_nothing_that_is_built_after_them() -> None:
    catalog = models.load()
    allowed = ("staging", "intermediate", "facts")
    for model in catalog.models.values():
        if model.fact:
            assert {catalog.models[read].layer for read in model.reads} <= set(allowed), model.name


def test_explain_names_no_fact() -> None:
    for path in (ROOT / "pipeline" / "explain").glob("*.py"):
        assert re.findall(r"\bfact_\w+", path.read_text(encoding="utf-8")) == [], path
