"""Destroying and blinding actions on every resource, by statement."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline import knowledge
from pipeline.facts import destructive_actions
from pipeline.policy.actions import find
from pipeline.schema import Row
from tests.pipeline.facts.support import allow, deny, document

TAGGED = {"StringEquals": {"aws:ResourceTag/team": "a"}}


def rows(*statements: Row) -> list[tuple[int, str, list[str]]]:
    found = destructive_actions.rows({"documents": [{"content_sha256": "key", "document": document(*statements)}]})
    return [
        (row["statement_index"], row["kind"], row["actions"])
        for row in destructive_actions.TABLE.table(found).to_pylist()
    ]


def test_every_action_exists_and_can_be_limited_to_resources() -> None:
    groups = knowledge.load("destructive_actions").facts["group"]
    listed = [action for group in groups for action in group["actions"]]
    assert len(listed) == len(set(listed))
    entries = {action: find(action) for action in listed}
    assert [name for name, entry in entries.items() if entry is None or entry.needs_star or entry.name != name] == []
    assert {group["kind"] for group in groups} == {"destroys", "blinds"}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (allow("cloudtrail:StopLogging"), [("blinds", ["cloudtrail:StopLogging"])]),
        (allow("cloudtrail:Stop*", "arn:aws:cloudtrail:*:*:trail/*"), [("blinds", ["cloudtrail:StopLogging"])]),
        (allow("cloudtrail:StopLogging", "arn:aws:cloudtrail:us-east-1:111111111111:trail/own"), []),
        (allow("dynamodb:DeleteTable", Condition=TAGGED), []),
        (allow("ec2:Describe*"), []),
        (
            allow(["ec2:TerminateInstances", "guardduty:DeleteDetector"]),
            [("destroys", ["ec2:TerminateInstances"]), ("blinds", ["guardduty:DeleteDetector"])],
        ),
    ],
)
def test_what_one_statement_allows(statement: Any, expected: list[tuple[str, list[str]]]) -> None:
    assert rows(statement) == [(0, *one) for one in expected]


def test_a_deny_of_the_document_counts() -> None:
    assert rows(allow("ec2:TerminateInstances"), deny("ec2:TerminateInstances")) == []


def test_not_action_and_a_document_outside_the_grammar() -> None:
    both = {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}
    (destroys, blinds) = rows(both)
    assert "kms:ScheduleKeyDeletion" in destroys[2]
    assert "s3:DeleteBucket" not in destroys[2]
    assert "cloudtrail:DeleteTrail" in blinds[2]
    assert list(destructive_actions.rows({"documents": [{"content_sha256": "key", "document": "{}"}]})) == []
