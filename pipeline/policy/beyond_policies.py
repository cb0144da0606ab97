"""Requests that no policy decides: what needs no permission, and what AWS keeps for itself.

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
    """The actions, in lower case."""
    return frozenset(one["action"].lower() for one in _listed()["needs_no_permission"])


@lru_cache(maxsize=1 << 16)
def kept_by_aws(action: str, resource: str) -> str:
    """What AWS keeps for itself, if the action would change such a resource: "AWS managed policies", say; else ""."""
    found = actions.find(action)
    if found is None or found.access_level in _READING:
        return ""
    service = found.name.partition(":")[0]
    return next(
        (
            str(one["what"])
            for one in _listed()["kept_by_aws"]
            if one["resource"].split(":")[2] == service
            and found.name not in one["but"]
            and resource_matches(one["resource"], resource)
        ),
        "",
    )


_READING = frozenset({"List", "Read"})
