"""The catalogue of privilege escalation paths, and a fast pre-check that excludes most principals.

The paths are data: escalation_paths.toml, whose header explains the fields.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from pipeline.knowledge import load
from pipeline.policy.document import Document
from pipeline.policy.match import glob
from pipeline.policy.principal import Principal


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a path; `target` groups steps that must hit one resource, `resource_type` narrows what must be
    allowed. `part`: what of the target it is on, "policy" (a customer managed one) or "boundary"; "" for the target.
    """

    action: str
    target: str = ""
    resource_type: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """One path of the catalogue. `gain` is grant, become or resource; `lifts` is boundary, deny, tag or "".

    `on`: the dataset of what it acts upon; `uncollected`: what it needs that no dataset has.
    """

    id: str
    title: str
    category: str
    severity: str
    steps: tuple[Step, ...]
    needs: str
    aliases: tuple[str, ...] = ()
    passes_to: tuple[str, ...] = ()
    runs_as: tuple[str, ...] = ()
    gain: str = "become"
    lifts: str = ""
    on: str = ""
    uncollected: str = ""


@cache
def paths() -> tuple[Path, ...]:
    """The catalogue, without the paths of services that AWS no longer offers."""
    return tuple(_path(raw) for raw in _toml()["path"] if "ended" not in raw)


def request_of(action: str) -> Mapping[str, str]:
    """Values chosen by the actor in a request for the action: {"any_policy" or "of_target": condition key}."""
    keys: Mapping[str, str] = _toml()["request"].get(action, {})
    return keys


def attacker() -> Mapping[str, Any]:
    """Resources of an attacker: `policies`, names of AWS managed policies without restrictions; `documents`, names of
    Systems Manager documents that run any command; `reporting`, actions without benefit.
    """
    settings: Mapping[str, Any] = _toml()["attacker"]
    return settings


@cache
def _toml() -> Mapping[str, Any]:
    return load("escalation_paths").facts


def _path(raw: Mapping[str, Any]) -> Path:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    fields["steps"] = tuple(_step(text) for text in raw["steps"])
    return Path(**fields)


def _step(text: str) -> Step:
    action, _, at = text.partition("@")
    target, _, more = at.partition(":")
    return Step(action, target, part=more) if target else Step(action, resource_type=more)


# -- the quick look


def may_escalate(principal: Principal) -> tuple[Path, ...]:
    """The paths whose actions are all mentioned by an Allow in a readable policy of the principal."""
    granted = (_possible(policy.document) for policy in principal.policies if policy.document)
    return _open_paths(frozenset().union(*granted))


@lru_cache(maxsize=1 << 16)
def _open_paths(possible: frozenset[str]) -> tuple[Path, ...]:
    return tuple(path for path in paths() if all(step.action in possible for step in path.steps)) if possible else ()


@lru_cache(maxsize=1 << 17)
def _possible(document: Document) -> frozenset[str]:
    """The actions of the catalogue that the document allows, ignoring conditions and resources."""
    possible: set[str] = set()
    for statement in document.statements:
        if statement.effect == "Allow":
            named = frozenset().union(
                *(_named(pattern) for pattern in statement.actions or statement.not_actions or ())
            )
            possible |= named if statement.actions is not None else _actions().keys() - named
    return frozenset(possible)


@lru_cache(maxsize=1 << 17)
def _named(pattern: str) -> frozenset[str]:
    low = pattern.lower()
    service = low.partition(":")[0]
    among = _actions() if "*" in service or "?" in service else _of_service().get(service, {})
    return frozenset(action for action, lower in among.items() if glob(low, lower))


@cache
def _actions() -> dict[str, str]:
    """The actions of all paths, and each in lower case."""
    return {step.action: step.action.lower() for path in paths() for step in path.steps}


@cache
def _of_service() -> dict[str, dict[str, str]]:
    actions_by_key: dict[str, dict[str, str]] = {}
    for action, lower in _actions().items():
        actions_by_key.setdefault(lower.partition(":")[0], {})[action] = lower
    return actions_by_key
