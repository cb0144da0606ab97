"""Deny statements that name a group in vain."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.facts import void_denies
from pipeline.schema import Row
from tests.pipeline.facts.support import allow, deny, document

GROUP, USER = "arn:aws:iam::111111111111:group/devs", "arn:aws:iam::111111111111:user/ann"


def rows(*statements: Row) -> list[tuple[int, str, list[str]]]:
    found = void_denies.rows({"documents": [{"content_sha256": "key", "document": document(*statements)}]})
    return [
        (row["statement_index"], row["element"], row["actions"]) for row in void_denies.TABLE.table(found).to_pylist()
    ]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (deny("iam:CreateAccessKey", GROUP), [("Resource", ["iam:CreateAccessKey"])]),
        (deny(["iam:DeleteGroup", "iam:CreateLoginProfile"], GROUP), [("Resource", ["iam:CreateLoginProfile"])]),
        (deny("iam:*", GROUP), []),
        (deny("iam:AddUserToGroup", GROUP), []),
        (deny("iam:CreateAccessKey", [GROUP, USER]), []),
        (deny("iam:CreateAccessKey", "*"), []),
        (deny("made:Up", GROUP), []),
        (allow("iam:CreateAccessKey", GROUP), []),
        (deny("s3:*", Condition={"ArnLike": {"aws:PrincipalArn": GROUP}}), [("aws:PrincipalArn", ["s3:*"])]),
        (deny("s3:*", Condition={"ArnNotLike": {"aws:PrincipalArn": GROUP}}), []),
        (deny("s3:*", Condition={"ArnLike": {"aws:PrincipalArn": [GROUP, USER]}}), []),
    ],
)
def test_what_one_statement_stops(statement: Any, expected: list[tuple[str, list[str]]]) -> None:
    assert rows(statement) == [(0, *one) for one in expected]


def test_a_document_outside_the_grammar_has_none() -> None:
    assert list(void_denies.rows({"documents": [{"content_sha256": "key", "document": "{}"}]})) == []
