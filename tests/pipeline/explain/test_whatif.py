"""What is said beside the changes that were tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.explain.finding import explain
from pipeline.explain.replay import Finding
from pipeline.explain.whatif import of_call
from tests.pipeline.explain.explained import DARK
from tests.sql.harness import MEMBER


def test_what_could_not_be_read(database: Path) -> None:
    found = explain(database, "key_rotation", DARK)
    assert (found.verdict, found.turns, found.statements) == ("unknown", (), ())
    assert found.calls[0].error_class == "assume_role_failed"
    assert found.notes == (
        f"It is judged once sts:AssumeRole succeeds in account {DARK}: let the runner assume the reader role there "
        "(the role's trust policy, the runner's own).",
    )


@pytest.mark.parametrize(
    ("evidence", "note"),
    [
        (
            {"operation": "organizations:DescribeOrganization", "dataset": "organization", "error_class": "throttled"},
            "It is judged once organizations:DescribeOrganization succeeds: the next night tries again.",
        ),
        (
            {"operation": "iam:Get", "dataset": "users", "error_class": "iam_deny"},
            f"It is judged once iam:Get succeeds in account {MEMBER}: add the action to the reader role's policy.",
        ),
        ({"dataset": "users"}, "It is judged once the dataset users is collected: run the night again."),
    ],
)
def test_what_an_unknown_waits_for(evidence: dict[str, str], note: str) -> None:
    assert of_call(Finding("key_rotation", MEMBER, "global", "x"), evidence) == note
