"""Decisions of the policy evaluator as the JSON that findings cite."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.policy.request import Decision, Evidence, Policy


def problems(policies: Iterable[Policy]) -> list[str]:
    """Why each of the policies could not be read: "policy: reason"."""
    return sorted({f"{policy.name}: {policy.problem}" for policy in policies if policy.document is None})


def cited(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    """Statements as findings have them."""
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
    """An action that is allowed, and by what."""
    return {"action": action, "resource": resource, "statements": cited(decision.evidence)}


def dumped(value: object) -> str:
    """JSON, the same for the same value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def depends_on(decisions: Iterable[Decision]) -> Iterator[str]:
    """The condition keys that the decisions wait for."""
    yield from sorted({key for decision in decisions for key in decision.unknown_keys})
