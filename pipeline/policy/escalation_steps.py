"""The steps of an escalation path, tried on the resources on which they may count."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache

from pipeline.policy import alike
from pipeline.policy.account import Account, Role
from pipeline.policy.escalation_grants import Grant, boundaries, granted, granted_anywhere
from pipeline.policy.escalation_paths import Path, Step
from pipeline.policy.escalation_requests import Boundary
from pipeline.policy.escalation_targets import resources_of
from pipeline.policy.principal import Principal, answer
from pipeline.policy.request import Decision, Verdict
from pipeline.policy.tri import Tri, every
from pipeline.policy.writers import levers_of


@dataclass(slots=True)
class Found:
    """Allowed steps. `sure`: whether their target is certainly what the path needs."""

    verdict: Tri
    grants: list[Grant]
    reached: dict[str, Tri]
    sure: bool = True


def steps_of(path: Path, service: str, principal: Principal, account: Account | None) -> Found | None:
    by_target: dict[str, list[Step]] = {}
    for index, step in enumerate(path.steps):
        by_target.setdefault(step.target or f"#{index}", []).append(step)
    parts: list[Found] = []
    for target, steps in by_target.items():
        if target.startswith("#"):
            outcome = _free(steps[0], alike.same(principal))
        else:
            outcome = _on_one(target, steps, service, principal, account)
        if outcome is None:
            return None
        parts.append(outcome)
    whole = Found(every(part.verdict for part in parts), [], {}, all(part.sure for part in parts))
    for part in parts:
        others = every(other.verdict for other in parts if other is not part)
        whole.grants += part.grants
        whole.reached |= {arn: min(verdict, others) for arn, verdict in part.reached.items()}
    return whole


@lru_cache(maxsize=1 << 15)
def _free(step: Step, same: alike.Same) -> Found | None:
    """Evaluate a step on any resource."""
    best_grant = granted_anywhere(step.action, step.resource_type, same.principal)
    return (
        Found(answer(best_grant), [Grant(step.action, "*", best_grant)], {})
        if answer(best_grant) is not Tri.NO
        else None
    )


def _on_one(
    target: str, steps: list[Step], service: str, principal: Principal, account: Account | None
) -> Found | None:
    """Evaluate steps that must all be allowed on one resource, on the best target.

    Certain targets are preferred to possible ones.
    """
    best_so_far: Found | None = None
    reached: dict[str, Tri] = {}
    tried: dict[Hashable, list[Grant]] = {}
    for resource, sure in resources_of(target, steps, service, principal, account):
        role = account.roles.get(resource) if account else None
        asked = _asked(target, steps, resource, principal, role)
        if asked not in tried:
            tried[asked] = _grants(target, steps, resource, service, principal, role)
        grants = tried[asked]
        verdict = every(answer(grant.decision) for grant in grants)
        if verdict is Tri.NO:
            continue
        reached["self" if resource == principal.arn else resource] = verdict
        if best_so_far is None or (sure, verdict) > (best_so_far.sure, best_so_far.verdict):
            best_so_far = Found(verdict, grants, reached, sure)
        if (
            len(reached) >= _ENOUGH
            and account
            and account.judged(next(iter(reached))) is Tri.YES is best_so_far.verdict
        ):
            break
    return best_so_far


def _asked(target: str, steps: list[Step], resource: str, principal: Principal, role: Role | None) -> Hashable:
    """Equal for resources that no statement on the steps tells apart, no trust policy and no part that a step is on."""
    if target in ("new", "new-group") or resource in (principal.arn, principal.caller.role_arn):
        return resource
    whole = tuple(step.action for step in steps if not step.part)
    trust = role and "assum" in target and (role.trust, role.rcp_levels)
    return (
        alike.resource(principal, whole, resource),
        trust,
        tuple(_parts(step, resource, principal, role) for step in steps if step.part),
    )


# Candidates come administrators first: with so many, one of them an administrator, the rest adds nothing.
_ENOUGH = 25


def _grants(
    target: str, steps: list[Step], resource: str, service: str, principal: Principal, role: Role | None
) -> list[Grant]:
    """The steps on one resource, under its boundary that allows the most."""
    tried: list[list[Grant]] = []
    for boundary in boundaries(target, resource, principal):
        tried.append([_grant(step, resource, service, principal, role, boundary) for step in steps])
        if all(answer(grant.decision) is Tri.YES for grant in tried[-1]):
            break
    return max(tried, key=lambda grants: every(answer(grant.decision) for grant in grants))


def _grant(
    step: Step, resource: str, service: str, principal: Principal, role: Role | None, boundary: Boundary
) -> Grant:
    """The step on the resource, or on the part of it on which it is allowed the most."""
    parts = _parts(step, resource, principal, role)
    if parts is None:
        return Grant(step.action, "*", granted_anywhere(step.action, "policy", principal))
    grants = (granted(step.action, part, service, principal, role, boundary) for part in parts)
    return max(grants, key=lambda grant: answer(grant.decision), default=NOTHING)


NOTHING = Grant("", "", Decision(Verdict.IMPLICITLY_DENIED, "there is nothing that the step could be on"))


def _parts(step: Step, resource: str, principal: Principal, role: Role | None) -> tuple[str, ...] | None:
    """What the step is on: the resource, or that part of it; None if its parts are not known."""
    if not step.part:
        return (resource,)
    if resource in (principal.arn, principal.caller.role_arn):
        levers = levers_of(principal)
    elif role is None:
        return None
    else:
        levers = role.levers
    return levers.policies if step.part == "policy" else (levers.boundary,) if levers.boundary else None
