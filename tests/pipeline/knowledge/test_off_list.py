"""Off the list is never a fact about AWS: an entry less turns no verdict to pass, and none to a fail that says so.

What is asked of an organization is no fact about AWS: an escalation path less is not looked for, and BP06-04 says that
it rests on the paths of the catalogue. An objective less is unknown.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from pipeline import knowledge
from pipeline.warehouse import models
from pipeline.warehouse.models import Catalog
from tests.pipeline.knowledge.lists import Entry, Question, Verdicts, turned
from tests.pipeline.knowledge.questions import ALONE, QUESTIONS

ROOT = Path(__file__).resolve().parents[3]
SEED, SAMPLE = 13, 2
ABOUT_AWS = re.compile(r"\bAWS (?:offers|has|reads|sends|does|knows|calls)\b|no such|does not exist")
NO_VERDICT_RESTS_ON = {
    "aws_answers": "an answer without its members is cut all the same: tests/pipeline/aws/test_answers.py",
    "aws_errors": "another class of the ledger: what failed stays failed",
    "beginnings": "a check on the input: an account with an earlier moment is unknown",
    "beyond_policies": "what AWS keeps: without it more is possible, not less",
    "call_rates": "how fast is asked: too fast is throttled and asked again",
    "destructive_actions": "what is looked for",
    "escalation_paths": "what is looked for",
    "iam_quotas": "rehearsals: what is said of a policy's size",
    "lockout_roles": "rehearsals: roles beside those whose use is judged like anybody's",
    "management_operations": "whose credentials ask: without it a call is denied, and unknown",
    "left_out": "for the emulator and the collectors' tests",
    "trail_events": "rehearsals: an event without a known action is not judged, and named",
    "operation_actions": "for the reader role's policy: without it a call is denied, and unknown",
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return models.load()


def named(question: Question) -> str:
    return f"{question.file}-{question.control_id}"


def wrong(before: Verdicts, after: Verdicts) -> list[str]:
    """What turned to a pass, or to a fail with a sentence about AWS; and what is missing that had passed or failed."""
    return [
        f"{resource}: {old} to {new}: {reason}"
        for resource, (old, _) in before.items()
        for new, reason in [after.get(resource, ("missing", ""))]
        if old != new and (new == "pass" or (new == "fail" and ABOUT_AWS.search(reason)) or new == "missing")
    ]


def holds(question: Question, catalog: Catalog, entries: list[Entry]) -> None:
    """Each of the entries can be missing."""
    found = list(turned(question, catalog, entries))
    assert {str(entry.path): wrong(before, after) for entry, before, after in found if wrong(before, after)} == {}


@pytest.mark.parametrize("question", QUESTIONS, ids=named)
def test_an_entry_less_turns_nothing_to_pass(question: Question, catalog: Catalog) -> None:
    entries = question.listed()
    holds(question, catalog, random.Random(SEED).sample(entries, min(SAMPLE, len(entries))))


@pytest.mark.soak
@pytest.mark.parametrize("question", QUESTIONS, ids=named)
def test_no_entry_less_turns_anything_to_pass(question: Question, catalog: Catalog) -> None:
    entries = question.listed()
    for start in range(0, len(entries), 20):
        holds(question, catalog, entries[start : start + 20])


@pytest.mark.parametrize("number", [0, 7, -1])
def test_a_compute_service_less_leaves_the_management_account_unclean(number: int, catalog: Catalog) -> None:
    running = [entry for entry in ALONE.listed() if entry.path[1] == "running"]
    ((_, before, after),) = turned(ALONE, catalog, [running[number]])
    (resource,) = (name for name in before if name.endswith("/workload-roles"))
    assert before[resource][0] == "fail"
    assert after[resource] == (
        "unknown",
        f"Whether {running[number].value} runs workloads is not in Rolecall's list of 2026-11-27.",
    )


def test_every_list_is_asked_about() -> None:
    assert {question.file for question in QUESTIONS} | NO_VERDICT_RESTS_ON.keys() == set(knowledge.names())


@pytest.mark.parametrize("folder", ["sql/controls", "pipeline/policy", "pipeline/facts"])
def test_no_sentence_about_aws_rests_on_a_list(folder: str) -> None:
    words = re.compile(r"AWS offers no delegated|does not read from|sends nothing|No action is called|is no global")
    paths = [path for path in (ROOT / folder).rglob("*") if path.suffix in (".sql", ".py")]
    assert paths
    assert [path.name for path in paths if words.search(path.read_text(encoding="utf-8"))] == []
