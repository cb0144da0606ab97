"""The statements and actions cited in a finding's evidence, and their policies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.explain.policies import BearingPolicy, canonical
from pipeline.policy import Statement


@dataclass(frozen=True)
class CitedStatement:
    """A deciding statement. `statement` is its Sid or index; `text` is canonical JSON.

    `layer` is the kind of policy: identity, boundary, trust, scp, rcp, or resource (of another resource);
    `policy_arn` is '' for an inline policy, the id of an SCP or RCP, and the resource of a resource policy.
    """

    layer: str
    policy: str
    policy_arn: str
    statement: str | int | None
    effect: str
    text: str


def citations(evidence: Mapping[str, Any], policies: Sequence[BearingPolicy]) -> list[CitedStatement]:
    """The distinct statements in the evidence; if it only names a policy, all statements of that policy."""
    cited = [located(hit, policies) for hit in cited_in(evidence)]
    if not cited:
        named = named_in(evidence, policies)
        cited = [of_policy(policy, statement) for policy in named for statement in policy.statements]
    return list(dict.fromkeys(cited))


def located(hit: Mapping[str, Any], policies: Sequence[BearingPolicy]) -> CitedStatement:
    """The statement of `cited_in` with its policy; of several, the one named in the evidence."""
    text = canonical(hit["text"])
    bearers = [policy for policy in policies if any(statement.text == text for statement in policy.statements)]
    bearer = next((policy for policy in bearers if policy.name == hit.get("policy")), next(iter(bearers), None))
    place, effect = hit.get("sid") or hit.get("statement"), hit["text"]["Effect"]
    if bearer is None:
        layer = hit.get("layer") or ("rcp" if hit["is_rcp"] else "")
        name = hit.get("rcp" if hit["is_rcp"] else "policy") or ""
        return CitedStatement(layer, name, hit["about"] if layer == "resource" else "", place, effect, text)
    if place is None or hit["is_rcp"]:
        return of_policy(bearer, next(statement for statement in bearer.statements if statement.text == text))
    return CitedStatement(bearer.layer, bearer.name, bearer.arn, place, effect, text)


def of_policy(policy: BearingPolicy, statement: Statement) -> CitedStatement:
    place = statement.sid or statement.index
    return CitedStatement(policy.layer, policy.name, policy.arn, place, statement.effect, statement.text)


def named_in(evidence: Any, policies: Sequence[BearingPolicy]) -> list[BearingPolicy]:
    """The policies that the evidence names, by ARN or by name."""
    texts = {value for value in leaves(evidence) if isinstance(value, str)}
    return [policy for policy in policies if {policy.name, policy.arn} & texts]


def leaves(evidence: Any) -> Iterator[Any]:
    """The scalar values in JSON data."""
    if isinstance(evidence, dict | list):
        for part in evidence.values() if isinstance(evidence, dict) else evidence:
            yield from leaves(part)
    else:
        yield evidence


def cited_in(
    evidence: Any, owner: Mapping[str, Any] | None = None, name: str = "", about: str = ""
) -> Iterator[dict[str, Any]]:
    """All statements in the evidence: their data, `text` as JSON, whether from an RCP, and the resource they are
    `about`.
    """
    evidence = _loaded(evidence)
    if isinstance(evidence, dict) and "Effect" in evidence:
        yield {**(owner or {}), "text": evidence, "is_rcp": name == "rcp_statement", "about": about}
    elif isinstance(evidence, dict):
        for key, value in evidence.items():
            yield from cited_in(value, evidence, key, evidence.get("resource") or about)
    elif isinstance(evidence, list):
        for part in evidence:
            yield from cited_in(part, owner, name, about)


def deciding(evidence: Mapping[str, Any]) -> list[str]:
    """Canonical statements of which at least one must be removed: all, or those of the path with the fewest."""
    ways = [_texts(path) for path in _loaded(evidence.get("paths") or [])]
    return min(ways, key=len) if ways else _texts(evidence)


def _texts(evidence: Any) -> list[str]:
    return list(dict.fromkeys(canonical(hit["text"]) for hit in cited_in(evidence)))


def actions_in(evidence: Any) -> list[str]:
    """The actions in the evidence outside of statements."""
    evidence = _loaded(evidence)
    if not isinstance(evidence, dict | list):
        return []
    actions = [evidence["action"]] if isinstance(evidence, dict) and isinstance(evidence.get("action"), str) else []
    for part in evidence.values() if isinstance(evidence, dict) else evidence:
        actions += actions_in(part)
    return list(dict.fromkeys(actions))


def paths_in(evidence: Mapping[str, Any]) -> list[Any]:
    """The escalation paths in the evidence."""
    return list(_loaded(evidence.get("paths") or []))


def _loaded(value: Any) -> Any:
    """Parse JSON, including JSON in strings."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
