"""Decisions of the policy evaluator as JSON evidence for findings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.policy.match import action_matches, resource_matches
from pipeline.policy.principal import FRESH
from pipeline.policy.request import Decision, Evidence, Policy


def problems(policies: Iterable[Policy]) -> list[str]:
    """The reasons why policies could not be read: "policy: reason"."""
    return sorted({f"{policy.name}: {policy.problem}" for policy in policies if policy.document is None})


def cited(evidence: Iterable[Evidence], action: str = "", resource: str = "") -> list[dict[str, Any]]:
    """Statements in the format of findings: Denies and grants first, then the limits. Limits that allow everything are
    folded into one entry for each layer. `matched` are the elements that match the action and the resource.
    """
    hits = list(dict.fromkeys(evidence))
    open_limits = [hit for hit in hits if _is_open(hit)]
    told = sorted((hit for hit in hits if hit not in open_limits), key=_order)
    folded: dict[str, list[str]] = {}
    for hit in open_limits:
        folded.setdefault(hit.layer, []).append(hit.policy)
    return [
        *(_statement(hit, action, resource) for hit in told),
        *({"layer": layer, "allowing_everything": names} for layer, names in folded.items()),
    ]


LIMITS = ("boundary", "scp", "rcp")
"""Layers whose Allows grant nothing."""


def _order(hit: Evidence) -> tuple[bool, bool]:
    return hit.effect != "Deny", hit.layer in LIMITS


def _is_open(hit: Evidence) -> bool:
    """Whether it is a limit that allows every action on every resource, without condition."""
    if hit.layer not in LIMITS or hit.index is None or hit.effect != "Allow":
        return False
    statement = json.loads(hit.text)
    opened = {key: value if isinstance(value, list) else [value] for key, value in statement.items()}
    names = opened.keys() - {"Sid", "Principal"}
    return names == {"Effect", "Action", "Resource"} and (opened["Action"], opened["Resource"]) == (["*"], ["*"])


def _statement(hit: Evidence, action: str, resource: str) -> dict[str, Any]:
    place = {"layer": hit.layer, "policy": hit.policy, "statement": hit.index, "sid": hit.sid, "effect": hit.effect}
    depends = {"depends_on": list(hit.unknown_keys)} if hit.unknown_keys else {}
    if hit.index is None:
        return {**place, **depends, "text": hit.text}
    text: dict[str, Any] = json.loads(hit.text)
    elements = {"matched": matched(text, action, resource)} if action else {}
    return {**place, **elements, **depends, "text": text}


def matched(text: Mapping[str, Any], action: str, resource: str) -> dict[str, list[str]]:
    """The elements of a statement that match an action and a resource; NotAction and NotResource as a whole."""
    actions, resources = _listed(text.get("Action")), _listed(text.get("Resource"))
    elements = {
        "Action": [pattern for pattern in actions if action_matches(pattern, action)] or actions,
        "NotAction": _listed(text.get("NotAction")),
        "Resource": [pattern for pattern in resources if resource_matches(pattern, resource)] or resources,
        "NotResource": _listed(text.get("NotResource")),
    }
    return {name: patterns for name, patterns in elements.items() if patterns}


def _listed(element: Any) -> list[str]:
    return [] if element is None else element if isinstance(element, list) else [element]


def grant(action: str, resource: str, decision: Decision) -> Mapping[str, Any]:
    """An allowed action, and the statements that allow it."""
    return {
        "action": action,
        "resource": resource,
        "statements": cited(decision.evidence, action, resource.replace("*", FRESH)),
    }


def dumped(value: object) -> str:
    """Deterministic JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def depends_on(decisions: Iterable[Decision]) -> Iterator[str]:
    """The condition keys that the decisions depend on."""
    yield from sorted({key for decision in decisions for key in decision.unknown_keys})
