"""Members that AWS omits from an operation's response although they are in its output shape."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pipeline import knowledge


@cache
def left_out() -> Mapping[str, frozenset[str]]:
    """By operation (`iam:ListRoles`): members that are never returned, as paths in its output: `Roles[].Tags`."""
    omissions: dict[str, frozenset[str]] = {}
    for row in knowledge.load("left_out").facts["sentence"]:
        operation = row["operation"]
        omissions[operation] = omissions.get(operation, frozenset()) | set(row["left_out"])
    return {operation: members for operation, members in omissions.items() if members}
