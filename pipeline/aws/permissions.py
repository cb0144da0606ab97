"""The IAM actions that API operations need, and policy documents that allow them.

Most operations need the action of the same name; exceptions are in `pipeline/knowledge/operation_actions.toml`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pipeline import knowledge

FILE = "operation_actions.toml"
VERB = re.compile(r"(:(?:Batch)?[A-Z][a-z]+).*")


@cache
def renamed() -> Mapping[str, tuple[str, ...]]:
    """Actions by operation, if they differ from the operation's name."""
    listed = knowledge.load("operation_actions").facts["operations"]
    return {entry["operation"]: tuple(entry["actions"]) for entry in listed}


@cache
def management_only() -> frozenset[str]:
    """Operations of the organization that AWS answers in the management account alone."""
    return frozenset(entry["operation"] for entry in knowledge.load("management_operations").facts["operations"])


def actions(operation: str) -> tuple[str, ...]:
    """The actions required for an operation: `s3:ListBuckets` needs `s3:ListAllMyBuckets`."""
    return renamed().get(operation, (operation,))


def all_actions(operations: Iterable[str]) -> list[str]:
    """The actions required for several operations, sorted and unique."""
    return sorted({action for operation in operations for action in actions(operation)})


def policy_document(operations: Iterable[str]) -> dict[str, Any]:
    """An identity-based policy that allows these operations on every resource."""
    statement = {"Sid": "RolecallReads", "Effect": "Allow", "Action": all_actions(operations), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def session_policy(operations: Iterable[str]) -> str:
    """A session policy, which narrows a role to reading whatever else it may do.

    It allows verbs of services (`iam:List*`), because STS accepts 2,048 characters:
    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    verbs = sorted({VERB.sub(r"\1*", action) for action in all_actions(operations)})
    statement = {"Effect": "Allow", "Action": verbs, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":"))
