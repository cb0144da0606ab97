"""Single steps of an escalation path: whether the actor may take one, by its best request.

The best request is the one whose Region, policy, boundary and service the policies allow the most.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from pipeline.policy.account import Role
from pipeline.policy.document import Document
from pipeline.policy.escalation_requests import ABSENT, Boundary, as_it_likes, best, boundaries_of_new, candidates
from pipeline.policy.principal import Principal, answer, can
from pipeline.policy.request import Decision
from pipeline.policy.rights import allows
from pipeline.policy.tri import Tri


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
        for decision in as_it_likes(
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
    trust, rcps, others = None, None, tuple[Document, ...]()
    if role and action == "sts:AssumeRole":
        trust, rcps, others = role.trust, role.rcp_levels, role.guards
    of_target = None if boundary is ABSENT and action.startswith("iam:Delete") else boundary
    best_grant = best(
        decision
        for request_keys in candidates(action, service, principal, of_target)
        for decision in as_it_likes(
            principal, action, request_keys, lambda keys: can(principal, action, resource, keys, trust, rcps), others
        )
    )
    return Grant(action, "self" if resource == principal.arn else resource, best_grant)


def assuming(principal: Principal, role: Role) -> Decision:
    """The decision on assuming the role: by the principal's policies and SCPs, the role's trust policy and its RCPs."""
    return granted("sts:AssumeRole", role.arn, "", principal, role, ABSENT).decision


def may_assume(principal: Principal, role: Role) -> Tri:
    return answer(assuming(principal, role))
