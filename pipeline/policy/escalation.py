"""Privilege escalation: the paths of the catalogue evaluated for one principal.

A path counts only if every step is effectively allowed, on a resource that benefits the principal. Without an
`Account`, only the principal's policies are evaluated, and other prerequisites are assumed to exist; with one, they
are looked up.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.policy import alike
from pipeline.policy.account import Account, Role
from pipeline.policy.escalation_grants import Grant, boundaries, granted, granted_anywhere
from pipeline.policy.escalation_paths import Path, Step, attacker, may_escalate
from pipeline.policy.escalation_targets import resources_of, with_only
from pipeline.policy.escalation_workloads import on_existing
from pipeline.policy.exceeds import exceeds
from pipeline.policy.principal import Principal, answer
from pipeline.policy.rights import Admin, is_admin
from pipeline.policy.tagging import may_gain, retagged, speaking_of_tags
from pipeline.policy.tri import Tri, every, some


@dataclass(frozen=True, slots=True)
class Escalation:
    """A path open to the principal. `verdict` DEPENDS: under the conditions in the decisions of `grants`.

    `targets`: {target, possibly "self": verdict}. `leads_to_admin`: YES if a target is an administrator or the path
    grants everything, DEPENDS if the targets were not evaluated. `unread`: what the path needs and was not read.
    """

    path: Path
    verdict: Tri
    grants: tuple[Grant, ...]
    targets: Mapping[str, Tri]
    leads_to_admin: Tri
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Escalations:
    """`undecided`: paths whose target is named by a policy, if it is not known whether that is the principal's own, and
    paths on what was not read or collected.
    `unreadable`: identity policies that could not be read; paths they might allow are missing, so an empty list of
    paths is inconclusive.
    """

    admin: Admin
    paths: tuple[Escalation, ...] = ()
    undecided: tuple[Escalation, ...] = ()
    unreadable: tuple[str, ...] = ()


def escalations(
    principal: Principal,
    account: Account | None = None,
    *,
    admins_too: bool = False,
    ignore: frozenset[str] = frozenset(),
    admin: Admin | None = None,
) -> Escalations:
    """Every path open to the principal, except ids in `ignore`. Administrators have none (they need none) unless
    `admins_too`. `admin`: the result of `is_admin`, if known.
    """
    admin = admin or is_admin(principal)
    unreadable = tuple(policy.name for policy in principal.policies if policy.document is None)
    if admin.verdict is Tri.YES and not admins_too:
        return Escalations(admin, unreadable=unreadable)
    if unreadable:
        principal = replace(principal, policies=tuple(policy for policy in principal.policies if policy.document))
    paths = [path for path in may_escalate(principal) if path.id not in ignore]
    judged = [escalation for path in paths if (escalation := _judge(path, principal, account))]
    sure, unsure = (tuple(escalation for escalation, is_sure in judged if is_sure is kind) for kind in (True, False))
    return Escalations(admin, sure, unsure, unreadable)


# -- one path


@dataclass(slots=True)
class _Found:
    """Allowed steps. `sure`: whether their target is certainly what the path needs."""

    verdict: Tri
    grants: list[Grant]
    reached: dict[str, Tri]
    sure: bool = True


def _judge(path: Path, principal: Principal, account: Account | None) -> tuple[Escalation, bool] | None:
    """(the escalation, whether its target is certain), or None if the path is closed."""
    if path.lifts == "tag":
        return _by_tagging(path, principal, account)
    of_another = any(step.target == "usable-role" for step in path.steps)
    if path.lifts and not of_another and account is not None and not _holds_back(principal, path.lifts):
        return None
    ways = [_steps(path, service, principal, account) for service in path.passes_to or ("",)]
    open_ways = sorted((way for way in ways if way), key=lambda way: (way.sure, way.verdict), reverse=True)
    if not open_ways:
        return None
    best = open_ways[0]
    reached: dict[str, Tri] = {}
    for way in reversed(open_ways):
        reached |= way.reached
    found = Escalation(path, best.verdict, tuple(best.grants), reached, Tri.DEPENDS)
    if account is not None and not (path.lifts and not of_another):
        on_what_exists = _in_account(found, principal, account)
        if on_what_exists is None:
            return None
        found = on_what_exists
    leads_to_admin = _leads_to_admin(path, found.targets, account)
    return replace(found, leads_to_admin=leads_to_admin), best.sure and not found.unread


def _in_account(found: Escalation, principal: Principal, account: Account) -> Escalation | None:
    """The path on what the account has, for targets from which the principal gains; None if there are none."""
    path, reached = found.path, found.targets
    if path.runs_as or path.on or path.uncollected:
        existing = on_existing(path, principal, account)
        if existing is None:
            return None
        specific = {grant.action: grant for grant in existing.grants}
        grants = tuple(specific.pop(grant.action, grant) for grant in found.grants)
        verdict = min(found.verdict, existing.verdict)
        if path.runs_as:
            reached = {arn: min(one, verdict) for arn, one in existing.roles.items() if arn != principal.arn}
        found = replace(found, verdict=verdict, grants=grants, unread=existing.unread)
    if path.gain == "become" and not path.lifts:
        reached = {arn: verdict for arn, verdict in reached.items() if account.gains(principal, arn) is not Tri.NO}
        return replace(found, targets=reached) if reached else None
    return replace(found, targets=reached)


def _by_tagging(path: Path, principal: Principal, account: Account | None) -> tuple[Escalation, bool] | None:
    """What the principal gains by the best tags that it can set by the path's action, as its last step."""
    best_so_far: Escalation | None = None
    trusts = speaking_of_tags(account.trusts) if account else ()
    for other in retagged(principal, trusts):
        leads_to_admin = _gained_by_tags(principal, other.principal, account)
        if other.action != path.steps[0].action or leads_to_admin is None:
            continue
        grants = tuple(Grant(path.steps[0].action, "self", decision) for decision in other.decisions)
        found = Escalation(path, other.verdict, grants, {"self": other.verdict}, leads_to_admin)
        if best_so_far is None or (leads_to_admin, found.verdict) > (best_so_far.leads_to_admin, best_so_far.verdict):
            best_so_far = found
    return (best_so_far, True) if best_so_far else None


def _gained_by_tags(principal: Principal, other: Principal, account: Account | None) -> Tri | None:
    """Whether the principal becomes administrator by its other tags, now or by a further path; None if it gains
    nothing.
    """
    if not may_gain(principal, other, speaking_of_tags(account.trusts) if account else ()):
        return None
    if is_admin(other).verdict > is_admin(principal).verdict:
        return is_admin(other).verdict
    before, after = (_open_without_tagging(who, account) for who in (principal, other))
    further = [one.leads_to_admin for id, one in after.items() if id not in before or one.verdict > before[id].verdict]
    gains_right = exceeds(other, principal, tuple(attacker()["reporting"])) is Tri.YES
    return some(further) if further or gains_right else None


def _open_without_tagging(principal: Principal, account: Account | None) -> dict[str, Escalation]:
    judged = escalations(principal, account, ignore=IDS_OF_TAGGING)
    return {one.path.id: one for one in judged.paths if one.path.gain != "resource"}


IDS_OF_TAGGING = frozenset({"iam-tag-user", "iam-untag-user", "iam-tag-role", "iam-untag-role"})


def _steps(path: Path, service: str, principal: Principal, account: Account | None) -> _Found | None:
    by_target: dict[str, list[Step]] = {}
    for index, step in enumerate(path.steps):
        by_target.setdefault(step.target or f"#{index}", []).append(step)
    parts: list[_Found] = []
    for target, steps in by_target.items():
        if target.startswith("#"):
            outcome = _free(steps[0], alike.same(principal))
        else:
            outcome = _on_one(target, steps, service, principal, account)
        if outcome is None:
            return None
        parts.append(outcome)
    whole = _Found(every(part.verdict for part in parts), [], {}, all(part.sure for part in parts))
    for part in parts:
        others = every(other.verdict for other in parts if other is not part)
        whole.grants += part.grants
        whole.reached |= {arn: min(verdict, others) for arn, verdict in part.reached.items()}
    return whole


@lru_cache(maxsize=1 << 15)
def _free(step: Step, same: alike.Same) -> _Found | None:
    """Evaluate a step on any resource."""
    best_grant = granted_anywhere(step.action, step.resource_type, same.principal)
    return (
        _Found(answer(best_grant), [Grant(step.action, "*", best_grant)], {})
        if answer(best_grant) is not Tri.NO
        else None
    )


def _on_one(
    target: str, steps: list[Step], service: str, principal: Principal, account: Account | None
) -> _Found | None:
    """Evaluate steps that must all be allowed on one resource, on the best target.

    Certain targets are preferred to possible ones.
    """
    best_so_far: _Found | None = None
    reached: dict[str, Tri] = {}
    by_trust = account is not None and target in ("usable-role", "assumable-role")
    tried: dict[Hashable, list[Grant]] = {}
    for resource, sure in resources_of(target, steps, service, principal, account):
        role = account.roles.get(resource) if account and by_trust else None
        asked = _asked(target, steps, resource, principal, role)
        if asked not in tried:
            tried[asked] = _grants(target, steps, resource, service, principal, role)
        grants = tried[asked]
        verdict = every(answer(grant.decision) for grant in grants)
        if verdict is Tri.NO:
            continue
        reached["self" if resource == principal.arn else resource] = verdict
        if best_so_far is None or (sure, verdict) > (best_so_far.sure, best_so_far.verdict):
            best_so_far = _Found(verdict, grants, reached, sure)
        if (
            len(reached) >= _ENOUGH
            and account
            and account.judged(next(iter(reached))) is Tri.YES is best_so_far.verdict
        ):
            break
    return best_so_far


def _asked(target: str, steps: list[Step], resource: str, principal: Principal, role: Role | None) -> Hashable:
    """Equal for resources that no statement on the steps tells apart, and no trust policy."""
    if target == "new" or resource in (principal.arn, principal.caller.role_arn):
        return resource
    actions = tuple(step.action for step in steps)
    return alike.resource(principal, actions, resource), role and (role.trust, role.rcp_levels)


# Candidates come administrators first: with so many, one of them an administrator, the rest adds nothing.
_ENOUGH = 25


def _grants(
    target: str, steps: list[Step], resource: str, service: str, principal: Principal, role: Role | None
) -> list[Grant]:
    """The steps on one resource, under its boundary that allows the most."""
    tried: list[list[Grant]] = []
    for boundary in boundaries(target, resource, principal):
        tried.append([granted(step.action, resource, service, principal, role, boundary) for step in steps])
        if all(answer(grant.decision) is Tri.YES for grant in tried[-1]):
            break
    return max(tried, key=lambda grants: every(answer(grant.decision) for grant in grants))


# -- what a path is worth


def _leads_to_admin(path: Path, reached: Iterable[str], account: Account | None) -> Tri:
    if path.gain != "become":
        return Tri.YES if path.gain == "grant" else Tri.NO
    if account is None:
        return Tri.DEPENDS
    if path.lifts:
        return some(account.roles[arn].held_back for arn in reached if arn in account.roles)
    return some(account.judged(arn) for arn in reached)


@lru_cache(maxsize=4096)
def _holds_back(principal: Principal, what: str) -> bool:
    """Whether the principal would be an administrator or could escalate without its boundary, or without its Denies."""
    if what == "boundary":
        freed = replace(principal, boundary=None)
    else:
        freed = replace(principal, policies=tuple(with_only("Allow", policy) for policy in principal.policies))
    if is_admin(freed).verdict > is_admin(principal).verdict:
        return True
    open_paths = {escalation.path.id for escalation in escalations(freed).paths if not escalation.path.lifts}
    return not open_paths <= {escalation.path.id for escalation in escalations(principal).paths}
