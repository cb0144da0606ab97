"""The findings of the published night for other programs: `findings` selects them, a module each writes a format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from pipeline.schema import Row

PRODUCT = "Rolecall"
SAME = ("control_id", "account_id", "region", "resource")
"""What makes a finding the same on another night."""


def finding_id(row: Row) -> str:
    """An id that a finding keeps over the nights."""
    text = json.dumps([row[name] for name in SAME])
    return f"rolecall-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def partition(row: Row) -> str | None:
    """The partition of the resource, if it is an ARN."""
    return row["resource"].split(":")[1] if row["resource"].startswith("arn:") else None


def requirements(row: Row) -> list[tuple[str, str]]:
    """Framework and number of each requirement that the control serves elsewhere."""
    return list(_requirements(row["frameworks"]))


def _requirements(frameworks: str | None) -> Iterator[tuple[str, str]]:
    for framework, numbers in json.loads(frameworks or "{}").items():
        if framework != "other":
            yield from ((framework, number.strip()) for number in numbers.split(","))
