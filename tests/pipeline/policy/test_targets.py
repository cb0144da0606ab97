"""The resources on which an action is tried, and what it costs to find them among many statements."""

from __future__ import annotations

import pytest

from pipeline.policy import targets
from tests.pipeline.policy.support import ACCOUNT, document, principal, statement

ROLE = f"arn:aws:iam::{ACCOUNT}:role"
PASS = "iam:PassRole"


def test_what_an_allow_names_and_a_deny_leaves_out_is_tried_together() -> None:
    spared = {"Effect": "Deny", "Action": PASS, "NotResource": f"{ROLE}/*-dev"}
    found = targets.targets(principal(document(statement("Allow", PASS, f"{ROLE}/app-*"), spared)), PASS)
    assert {f"{ROLE}/app-zq7x", f"{ROLE}/zq7x-dev"} < set(found)
    assert [one for one in found if one.startswith(f"{ROLE}/app-") and one.endswith("-dev")]


def test_statements_on_other_resources_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    sets = [[f"arn:aws:s3:::bucket-{number}/*", f"{ROLE}/app"] for number in range(200)]
    allows = (statement("Allow", "*", resources) for resources in sets)
    denies = ({"Effect": "Deny", "Action": "*", "NotResource": resources} for resources in sets)
    compared: list[str] = []
    both = targets.common_arn

    def counted(pattern: str, other: str, filler: str) -> str | None:
        compared.append(pattern)
        return both(pattern, other, filler)

    monkeypatch.setattr(targets, "common_arn", counted)
    assert f"{ROLE}/app" in targets.targets(principal(document(*allows, *denies)), PASS)
    assert len(compared) < 1_000, "not every Allow with every Deny"
