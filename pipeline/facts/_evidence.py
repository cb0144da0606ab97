"""Decisions of the policy evaluator as JSON evidence for findings."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.policy.request import Decision, Evidence, Policy


def problems(policies: Iterable[Policy]) -> list[str]:
    """The reasons why policies could not be read: "policy: reason"."""
    return sorted({f"{policy.name}: {policy.problem}" for policy in policies if policy.document is None})


def cited(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    """Statements in the format of findings."""
    return [
        {
            "layer": hit.layer,
            "policy": hit.policy,
            "statement": hit.sid or hit.index,
            "effect": hit.effect,
            **({"depends_on": list(hit.unknown_keys)} if hit.unknown_keys else {}),
            "text": hit.text if hit.index is None else json.loads(hit.text),
        }
        for hit in evidence
    ]


def grant(action: str, resource: str, decision: Decision) -> Mapping[str, Any]:
    """An allowed action, and the statements that allow it."""
    return {"action": action, "resource": resource, "statements": cited(decision.evidence)}


def dumped(value: object) -> str:
    """Deterministic JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def depends_on(decisions: Iterable[Decision]) -> Iterator[str]:
    """The condition keys that the decisions depend on."""
    yield from sorted({key for decision in decisions for key in decision.unknown_keys})
