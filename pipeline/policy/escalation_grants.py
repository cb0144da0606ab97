"""Single steps of an escalation path: whether the actor may take one, by its best request.

The best request is the one whose Region, policy, boundary and service the policies allow the most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline.policy.account import Role
from pipeline.policy.context import Value
from pipeline.policy.escalation_requests import ABSENT, Boundary, at_will, best, boundaries_of_new, candidates
from pipeline.policy.principal import Principal, can
from pipeline.policy.request import Decision
from pipeline.policy.rights import allows


@dataclass(frozen=True, slots=True)
class Grant:
    """An allowed step: its resource ("self" is the principal), and the decision."""

    action: str
    resource: str
    decision: Decision


def granted_anywhere(action: str, resource_type: str, principal: Principal) -> Decision:
    """The decision on the action, on the resource on which it is allowed the most."""
    return best(
        decision
        for request_keys in candidates(action, "", principal, ABSENT)
        for decision in _as_it_likes(
            principal, action, request_keys, lambda keys: allows(principal, action, keys, resource_type)
        )
    )


def boundaries(target: str, resource: str, principal: Principal) -> tuple[Boundary, ...]:
    """The boundaries that the target user or role may have: for the actor itself, its own; for a new one, those worth
    setting; for any other, unknown, so the most permissive: none, except where the step removes one.
    """
    if resource in (principal.arn, principal.caller.role_arn):
        return (principal.boundary.arn if principal.boundary else ABSENT,)
    return boundaries_of_new(principal, resource) if target == "new" else (ABSENT,)


@lru_cache(maxsize=1 << 15)
def granted(
    action: str, resource: str, service: str, principal: Principal, role: Role | None, boundary: Boundary
) -> Grant:
    trust, rcps = (role.trust, role.rcp_levels) if role and action == "sts:AssumeRole" else (None, None)
    of_target = None if boundary is ABSENT and action.startswith("iam:Delete") else boundary
    best_grant = best(
        decision
        for request_keys in candidates(action, service, principal, of_target)
        for decision in _as_it_likes(
            principal, action, request_keys, lambda keys: can(principal, action, resource, keys, trust, rcps)
        )
    )
    return Grant(action, "self" if resource == principal.arn else resource, best_grant)


def _as_it_likes(
    principal: Principal, action: str, keys: Mapping[str, Value], ask: Callable[[Mapping[str, Value]], Decision]
) -> Iterator[Decision]:
    """The decisions on the request, for all that the caller can choose freely and that decides."""
    waiting = [dict(keys)]
    for attempt in range(_MOST_ATTEMPTS):
        if not waiting:
            return
        given = waiting.pop()
        decision = ask(given)
        choices = at_will(principal, action, given, decision) if attempt + 1 < _MOST_ATTEMPTS else []
        waiting += [{**given, **choice} for choice in reversed(choices)]
        if not choices:
            yield decision


_MOST_ATTEMPTS = 200
