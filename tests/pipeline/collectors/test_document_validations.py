"""Collector `document_validations`."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from pipeline.collect.memory import Memory
from pipeline.night import Night
from pipeline.schema import Row
from tests.pipeline.collectors.support import (
    AS_OF,
    MEMBER,
    Remembering,
    collect,
)


def test_documents_are_validated_once_and_remembered_until_they_are_old() -> None:
    policy = {"arn": f"arn:aws:iam::{MEMBER}:policy/p", "document": "[1]"}
    rows = {
        "policies": [policy, policy | {"arn": "arn:aws:iam::aws:policy/p", "document": "[2]"}],
        "inline_policies": [{"document": "[1]"}],
        "roles": [
            {"path": "/", "trust_document": "[1]"},
            {"path": "/aws-service-role/a.amazonaws.com/", "trust_document": "[3]"},
        ],
    }
    answers = {"access-analyzer:ValidatePolicy": []}
    first = Remembering(answers, rows)
    found = collect("document_validations", first)["document_validations"]
    assert [params["policyType"] for _, params in first.asked] == ["IDENTITY_POLICY", "RESOURCE_POLICY"]
    assert first.asked[1][1]["validatePolicyResourceType"] == "AWS::IAM::AssumeRolePolicyDocument"
    assert {row["document_sha256"] for row in found} == {sha256(b"[1]").hexdigest()}
    second = Remembering(answers, rows, {"document_validations": found}, AS_OF + timedelta(days=1))
    assert collect("document_validations", second)["document_validations"] == found
    assert second.asked == []
    old = Remembering(answers, rows, {"document_validations": found}, AS_OF + timedelta(days=28))
    assert {row["validated_on"] for row in collect("document_validations", old)["document_validations"]} == {
        AS_OF + timedelta(days=28)
    }


def test_an_account_keeps_its_own_answer_whoever_asks_first(tmp_path: Path) -> None:
    answers: dict[str, Any] = {"access-analyzer:ValidatePolicy": []}
    tomorrow = AS_OF + timedelta(days=1)
    rows: dict[str, list[Row]] = {"policies": [], "inline_policies": [{"document": "[1]"}], "roles": []}
    found = collect("document_validations", Remembering(answers, rows))["document_validations"]
    newcomer = Remembering(answers, rows, as_of=tomorrow)
    known = Remembering(answers, rows, {"document_validations": found}, tomorrow)
    newcomer.memory = known.memory = Memory(Night(tmp_path, tomorrow))  # type: ignore[assignment]
    (asked,) = collect("document_validations", newcomer)["document_validations"]
    assert asked["validated_on"] == tomorrow
    assert collect("document_validations", known)["document_validations"] == found
    assert known.asked == []
