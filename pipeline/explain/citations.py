"""The statements and actions that a finding's evidence cites, and the policies they stand in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.explain.policies import BearingPolicy, canonical
from pipeline.policy import Statement


@dataclass(frozen=True)
class CitedStatement:
    """A statement that decided. `statement` is its Sid or its place from 0; `text` the statement, canonical JSON.

    `layer` says where the policy stands: identity, boundary, trust, scp, rcp, or resource for that of another one;
    `policy_arn` is empty for an inline policy, the id of an organization's, and the resource of a resource's.
    """

    layer: str
    policy: str
    policy_arn: str
    statement: str | int | None
    effect: str
    text: str


def citations(evidence: Mapping[str, Any], policies: Sequence[BearingPolicy]) -> list[CitedStatement]:
    """The statements in the evidence, each once; where it only names a policy, all statements of that policy."""
    cited = [located(hit, policies) for hit in cited_in(evidence)]
    if not cited:
        named = named_in(evidence, policies)
        cited = [of_policy(policy, statement) for policy in named for statement in policy.statements]
    return list(dict.fromkeys(cited))


def located(hit: Mapping[str, Any], policies: Sequence[BearingPolicy]) -> CitedStatement:
    """The statement of `cited_in` in the policy that has it: the one that the evidence names, if several do."""
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
    """The values of JSON that are neither objects nor lists."""
    if isinstance(evidence, dict | list):
        for part in evidence.values() if isinstance(evidence, dict) else evidence:
            yield from leaves(part)
    else:
        yield evidence


def cited_in(
    evidence: Any, owner: Mapping[str, Any] | None = None, name: str = "", about: str = ""
) -> Iterator[dict[str, Any]]:
    """The statements anywhere in the evidence: what is said of each, `text` as JSON, whether it is an RCP's, and the
    resource that it is `about`.
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
    """Canonical statements of which one at least would have to go: all, or those of the path with the fewest."""
    ways = [_texts(path) for path in _loaded(evidence.get("paths") or [])]
    return min(ways, key=len) if ways else _texts(evidence)


def _texts(evidence: Any) -> list[str]:
    return list(dict.fromkeys(canonical(hit["text"]) for hit in cited_in(evidence)))


def actions_in(evidence: Any) -> list[str]:
    """The actions that the evidence speaks of, beside those in statements."""
    evidence = _loaded(evidence)
    if not isinstance(evidence, dict | list):
        return []
    actions = [evidence["action"]] if isinstance(evidence, dict) and isinstance(evidence.get("action"), str) else []
    for part in evidence.values() if isinstance(evidence, dict) else evidence:
        actions += actions_in(part)
    return list(dict.fromkeys(actions))


def paths_in(evidence: Mapping[str, Any]) -> list[Any]:
    """The escalation paths of the evidence."""
    return list(_loaded(evidence.get("paths") or []))


def _loaded(value: Any) -> Any:
    """JSON inside of JSON is read too."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
