"""Short ways to write documents and principals, and the case files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.policy import Organization, Policy, Principal

CASES = Path(__file__).parent / "cases"
ACCOUNT = "210987000111"
OTHER = "345612340987"
INSIDE = Organization(ACCOUNT, frozenset({ACCOUNT, "567834560912"}), "o-z9y8x7w6v5")


def load(name: str) -> Any:
    return json.loads((CASES / name).read_text("utf-8"))


def statement(effect: str, action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return document(statement("Allow", action, resource, **more))


def deny(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return document(statement("Deny", action, resource, **more))


def policies(*documents: Any, kind: Any = "identity") -> tuple[Policy, ...]:
    return tuple(Policy.read(f"policy-{index}", one, kind) for index, one in enumerate(documents))


def principal(
    *documents: Any, kind: str = "user", name: str = "worker", account: str = ACCOUNT, **more: Any
) -> Principal:
    return Principal(f"arn:aws:iam::{account}:{kind}/{name}", policies(*documents), **more)


ADMIN = allow("*")
FULL_ACCESS = Policy.read("FullAWSAccess", ADMIN, "scp")
