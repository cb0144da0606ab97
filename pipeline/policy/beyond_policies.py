"""Requests that no policy decides: actions that need no permission, and resources reserved by AWS.

The lists are data: beyond_policies.toml, each entry with AWS's page.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from pipeline.knowledge import load
from pipeline.policy import actions
from pipeline.policy.match import resource_matches


@cache
def _listed() -> Mapping[str, list[dict[str, Any]]]:
    return load("beyond_policies").facts


@cache
def needs_no_permission() -> frozenset[str]:
    """Actions that need no permission, in lower case."""
    return frozenset(entry["action"].lower() for entry in _listed()["needs_no_permission"])


@lru_cache(maxsize=1 << 16)
def kept_by_aws(action: str, resource: str) -> str:
    """If the action changes a resource reserved by AWS, a description ("AWS managed policies"); else ""."""
    entry = actions.find(action)
    if entry is None or entry.access_level in _READING:
        return ""
    service = entry.name.partition(":")[0]
    return next(
        (
            str(kept["what"])
            for kept in _listed()["kept_by_aws"]
            if kept["resource"].split(":")[2] == service
            and entry.name not in kept["but"]
            and resource_matches(kept["resource"], resource)
        ),
        "",
    )


_READING = frozenset({"List", "Read"})
