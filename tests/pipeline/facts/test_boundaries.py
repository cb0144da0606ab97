"""What a permissions boundary leaves open."""

from __future__ import annotations

import json

import pytest

from pipeline.facts import boundaries
from pipeline.schema import Row
from tests.pipeline.facts.support import ONE, allow, arn, deny, document

LIMIT = arn("policy/limit")


def row(text: str | None) -> Row:
    found = boundaries.rows({"boundaries": [{"account_id": ONE, "arn": LIMIT, "document": text}]})
    (only,) = boundaries.TABLE.table(found).to_pylist()
    return dict(only)


EDITS = [
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:DeletePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
]


@pytest.mark.parametrize(
    ("text", "everything", "iam", "protects"),
    [
        (document(allow("*")), True, True, False),
        (document(allow("iam:*")), False, True, False),
        (document(allow("s3:*")), False, False, True),
        (document(allow("*"), deny(EDITS)), False, False, True),
    ],
)
def test_what_is_left_open(text: str, everything: bool, iam: bool, protects: bool) -> None:
    found = row(text)
    answers = (found["allows_everything"], found["allows_iam"], found["protects_itself"])
    assert answers == (everything, iam, protects)
    assert (found["account_id"], found["arn"], found["malformed_reason"]) == (ONE, LIMIT, None)


def test_its_statements_are_told() -> None:
    statements = json.loads(row(document(allow("s3:*", Sid="Buckets"), allow("ec2:*")))["statements"])
    assert [one["statement"] for one in statements] == ["Buckets", 1]
    assert statements[1]["text"]["Action"] == ["ec2:*"]


@pytest.mark.parametrize("text", ["{", None])
def test_one_that_cannot_be_read(text: str | None) -> None:
    found = row(text)
    assert found["malformed_reason"] == "document, document: expected JSON text"
    assert (found["allows_everything"], found["protects_itself"], found["statements"]) == (None, None, None)
