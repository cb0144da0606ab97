"""Every error class that the code can give has a meaning, and advice is about classes that there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pipeline.aws.advice import ADVICE, MEANING
from pipeline.aws.failures import NOT_AWS, TRANSIENT, codes
from pipeline.quality.contradictions import ERROR_CLASS
from pipeline.raw import DAMAGED_HISTORY, OLDER_LANDING
from tests.conftest import ROOT

NOT_FINAL = {"denied", "unknown_key"}
"""Groups of codes whose class depends on more than the code."""


def literals(call: ast.Call) -> Iterator[str]:
    """The second argument of `CallFailed(...)` and `account.failed(...)`, if it is a text."""
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    if name in ("CallFailed", "failed") and len(call.args) > 2:
        match call.args[1]:
            case ast.Constant(value=str(text)) if text:
                yield text


def given() -> set[str]:
    """Every class in the code: of codes, of functions that class a failure, and of failures that are Rolecall's own."""
    found = set(codes().values()) - NOT_FINAL | {ERROR_CLASS, OLDER_LANDING, DAMAGED_HISTORY}
    for path in (ROOT / "pipeline").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "CallFailed(" in text or ".failed(" in text:
            calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
            found |= {literal for call in calls for literal in literals(call)}
    failures = (ROOT / "pipeline" / "aws" / "failures.py").read_text(encoding="utf-8")
    returned = re.findall(
        r"^ +(?:return|otherwise =) .*$", failures[failures.index("def _class_of_answer") :], re.MULTILINE
    )
    found |= {word for line in returned for word in re.findall(r'"([a-z_]+)"', line)}
    return found | set(re.findall(r'"([a-z_]+_deny)"', failures))


def test_every_class_has_a_meaning_and_no_other() -> None:
    assert given() == set(MEANING)


def test_advice_is_about_classes_that_there_are() -> None:
    assert set(ADVICE) | TRANSIENT | NOT_AWS <= set(MEANING)
