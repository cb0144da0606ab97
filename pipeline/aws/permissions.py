"""The IAM actions that API operations need, and policy documents that allow them.

Most operations need the action of the same name; exceptions are in `pipeline/knowledge/operation_actions.toml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pipeline import knowledge

FILE = "operation_actions.toml"


@cache
def renamed() -> Mapping[str, tuple[str, ...]]:
    """Actions by operation, if they differ from the operation's name."""
    listed = knowledge.load("operation_actions").facts["operations"]
    return {entry["operation"]: tuple(entry["actions"]) for entry in listed}


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
