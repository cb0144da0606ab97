"""The questions of docs/analysts.md run on a published database, and name columns that exist."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.night import DATABASE
from tests.conftest import ROOT
from tests.pipeline.explain import explained

PAGE = (ROOT / "docs" / "analysts.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"\n([^\n]+):\n\n```sql\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return explained.home(tmp_path_factory) / DATABASE


@pytest.mark.parametrize(("question", "sql"), QUERIES, ids=[question for question, _ in QUERIES])
def test_a_question_has_an_answer(database: Path, question: str, sql: str) -> None:
    with duckdb.connect(database, read_only=True) as con:
        answer = con.execute(sql)
        assert answer.description
        assert len(answer.fetchmany(1)) <= 1


def test_every_query_of_the_page_is_a_question() -> None:
    assert len(QUERIES) == PAGE.count("```sql")
    assert len(QUERIES) >= 40


def test_the_notebook_runs(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell, in order, as a kernel would. It is kept without outputs: they would show somebody's night."""
    notebook = json.loads((ROOT / "docs" / "analysts.ipynb").read_text(encoding="utf-8"))
    monkeypatch.setenv("ROLECALL_DATABASE", str(database))
    names: dict[str, Any] = {}
    answers = 0
    for cell in (cell for cell in notebook["cells"] if cell["cell_type"] == "code"):
        assert (cell["outputs"], cell["execution_count"]) == ([], None)
        *statements, last = ast.parse("".join(cell["source"])).body
        exec(compile(ast.Module(statements, []), "cell", "exec"), names)
        assert isinstance(last, ast.Expr)
        answer = eval(compile(ast.Expression(last.value), "cell", "eval"), names)
        assert answer.columns if isinstance(answer, duckdb.DuckDBPyRelation) else answer
        answers += 1
    names["con"].close()
    assert answers > 4
