"""Mutants of Python: what is changed, and that a change in a module is the one that is imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tools import mutants_python
from tools.mutants_python import Planted, mutants

SOURCE = '''"""A module with 1 number in its docstring."""
from enum import Enum

class Verdict(Enum):
    NO = "no"
    YES = "yes"

def judged(age: int = 90, *, strict: "bool | None" = True) -> Verdict:
    if age > 90 and strict:
        return Verdict.NO
    return Verdict.YES if any([age == 3]) else Verdict.NO  # -- same

def summed(a: int) -> int:
    return a + 1
'''


def test_each_mutant_changes_one_thing() -> None:
    made = [(mutant.line, mutant.change) for mutant in mutants(SOURCE)]
    assert sorted(made) == [
        (8, "90 -> 91"),
        (8, "True -> False"),
        (9, "90 -> 91"),
        (9, "And -> Or"),
        (9, "Gt -> GtE"),
        (9, "condition -> not condition"),
        (10, "Verdict.NO -> YES"),
        (14, "1 -> 2"),
        (14, "Add -> Sub"),
    ]
    unchanged = mutants_python.ast.unparse(mutants_python.ast.parse(SOURCE)).splitlines()
    for mutant in mutants(SOURCE):
        assert sum(a != b for a, b in zip(unchanged, mutant.source.splitlines(), strict=True)) == 1


def test_the_changed_module_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "planted_module.py").write_text("VALUE = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    finder = Planted("planted_module", tmp_path / "planted_module.py", "VALUE = 2\n")
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    import planted_module  # type: ignore[import-not-found]

    assert planted_module.VALUE == 2
    monkeypatch.delitem(sys.modules, "planted_module")


def test_the_tests_of_a_module_begin_with_those_of_its_name() -> None:
    root = mutants_python.ROOT
    first, *others = mutants_python.tests_of(root / "pipeline" / "policy" / "lint.py")
    assert Path(first).parent == root / "tests" / "pipeline" / "policy"
    assert others == sorted(others)
    assert first not in others
    assert mutants_python.module_name(root / "pipeline" / "policy" / "lint.py") == "pipeline.policy.lint"
