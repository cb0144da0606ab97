"""Mutation testing of Python: do the tests of a module detect small changes?

Each mutant has one change: a comparison, a boolean operator, a condition, a constant, `any` and `all`, `&` and `|`, or
one member of an enumeration for another. The test file of its name runs first, then the others of the folder. `-- same`
at the end of a line marks equivalent changes. `SAMPLE=n` tries n mutants of each module, chosen by a fixed seed.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib.abc
import importlib.util
import os
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
WANTED = 0.98
EQUIVALENT = "-- same"
SEED = 1
LONGEST_SECONDS = 900
COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
NAMES = {"any": "all", "all": "any", "min": "max", "max": "min"}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
}


@dataclass(frozen=True)
class Mutant:
    """A module with one change in `line`."""

    line: int
    change: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every changed version of a module. Annotations, docstrings and lines marked as the same are left alone."""
    lines = source.splitlines()
    tree = ast.parse(source)
    left_alone = set(without_effect(tree))
    words = enumerations(tree)
    for index, node in enumerate(ast.walk(tree)):
        line = getattr(node, "lineno", 0)
        if id(node) in left_alone or (line and lines[line - 1].endswith(EQUIVALENT)):
            continue
        for number, change in enumerate(changes(node, words)):
            changed = copy.deepcopy(tree)
            twin = next(node for at, node in enumerate(ast.walk(changed)) if at == index)
            list(changes(twin, words))[number].apply()
            yield Mutant(line, change.text, ast.unparse(ast.fix_missing_locations(changed)))


@dataclass
class Change:
    """A change to a node, made by `apply`."""

    text: str
    node: Any
    field: str
    value: Any

    def apply(self) -> None:
        setattr(self.node, self.field, self.value)


def changes(node: ast.AST, words: dict[str, list[str]]) -> Iterator[Change]:
    """What can be changed at a node."""
    if isinstance(node, ast.Compare):
        for at, operator in enumerate(node.ops):
            if type(operator) in COMPARISONS:
                other = COMPARISONS[type(operator)]()
                text = f"{type(operator).__name__} -> {type(other).__name__}"
                yield Change(text, node, "ops", [*node.ops[:at], other, *node.ops[at + 1 :]])
    elif isinstance(node, ast.BoolOp):
        other_op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield Change(f"{type(node.op).__name__} -> {type(other_op).__name__}", node, "op", other_op)
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        binary = OPERATORS[type(node.op)]()
        yield Change(f"{type(node.op).__name__} -> {type(binary).__name__}", node, "op", binary)
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield Change("condition -> not condition", node, "test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield Change(f"{node.value} -> {not node.value}", node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield Change(f"{node.value} -> {node.value + 1}", node, "value", node.value + 1)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in NAMES:
        yield Change(f"{node.id} -> {NAMES[node.id]}", node, "id", NAMES[node.id])
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        for other_word in words.get(node.value.id, []):
            if other_word != node.attr:
                yield Change(f"{node.value.id}.{node.attr} -> {other_word}", node, "attr", other_word)


def enumerations(tree: ast.AST) -> dict[str, list[str]]:
    """Names in capitals that a module takes of a class, by class: members of an enumeration (`Verdict.ALLOWED`)."""
    members: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr.isupper():
            members.setdefault(node.value.id, set()).add(node.attr)
    return {name: sorted(words) for name, words in members.items()}


def without_effect(tree: ast.AST) -> Iterator[int]:
    """Ids of the nodes in annotations, decorators and type aliases, whose change has no effect at run time."""
    for node in ast.walk(tree):
        parts = [getattr(node, name, None) for name in ("annotation", "returns")]
        parts += getattr(node, "decorator_list", [])
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            parts.append(node)
        for part in filter(None, parts):
            yield from (id(inner) for inner in ast.walk(part))


class Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from another source."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self.name, self.path, self.source = name, path, source

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
        return importlib.util.spec_from_loader(fullname, self, origin=str(self.path)) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(self.path)
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)


def is_detected(path: Path, source: str, tests: Sequence[str]) -> bool:
    """Whether a test fails with this source of the module. The tests run in a process of their own."""
    child = os.fork()
    if child == 0:
        with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing), contextlib.redirect_stderr(nothing):
            os.dup2(nothing.fileno(), 1)
            os.dup2(nothing.fileno(), 2)
            sys.meta_path.insert(0, Planted(module_name(path), path, source))
            code = 1
            signal.alarm(LONGEST_SECONDS)  # a change can make a loop endless
            with contextlib.suppress(BaseException):
                code = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow and not soak", *tests]))
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def tests_of(path: Path) -> list[str]:
    """The test file of a module's name, if there is one, then the others of its folder."""
    folder = ROOT / "tests" / path.relative_to(ROOT).parent
    own = folder / f"test_{path.stem.lstrip('_')}.py"
    others = sorted(file for file in folder.glob("test_*.py") if file != own)
    return [str(file) for file in ([own] if own.exists() else []) + others]


def survivors(path: Path, sample: int) -> tuple[int, list[Mutant]]:
    """The number of mutants tried of a module, and those that no test detects."""
    source = path.read_text(encoding="utf-8")
    chosen, tests = list(mutants(source)), tests_of(path)
    if is_detected(path, source, tests):
        raise SystemExit(f"{path}: its tests fail unchanged")
    if 0 < sample < len(chosen):
        chosen = sorted(random.Random(SEED).sample(chosen, sample), key=lambda mutant: mutant.line)
    return len(chosen), [mutant for mutant in chosen if not is_detected(path, mutant.source, tests)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the surviving mutants of modules and the share detected. Exit code 1 if that is under 98 %."""
    parser = argparse.ArgumentParser(description="Mutation testing of Python modules.")
    parser.add_argument("modules", nargs="+", type=Path)
    parser.add_argument("--sample", type=int, default=0, help="mutants of each module; 0 for all")
    options = parser.parse_args(arguments)
    total, missed = 0, 0
    for path in options.modules:
        tried, alive = survivors(path.resolve(), options.sample)
        total, missed = total + tried, missed + len(alive)
        print(f"{path}: {tried - len(alive)} of {tried} noticed", flush=True)
        for mutant in alive:
            print(f"  {path}:{mutant.line}: {mutant.change}", flush=True)
    share = 1 - missed / total if total else 1.0
    print(f"{total - missed} of {total} wrong modules noticed ({share:.1%})")
    return 0 if share >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
