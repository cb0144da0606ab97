"""Privilege escalation: the paths of `escalation_paths.toml` judged for one principal.

A path counts only if every step is allowed in effect, on a resource that gains the principal something. Without an
`Account` the principal's policies alone are judged and what the path needs besides is taken to exist; with one it is
looked up.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from pipeline.policy.account import Account, Role
from pipeline.policy.context import Value
from pipeline.policy.document import Document
from pipeline.policy.evaluate import Decision, Policy
from pipeline.policy.match import action_matches
from pipeline.policy.principal import FRESH, Admin, Principal, answer, can, is_admin, targets
from pipeline.policy.tri import Tri, every, some


@dataclass(frozen=True, slots=True)
class Step:
    """One action of a path; `target` groups steps that must hit one resource, `resource_type` narrows what must be
    allowed.
    """

    action: str
    target: str = ""
    resource_type: str = ""


@dataclass(frozen=True, slots=True)
class Path:
    """One path of the catalogue; the header of escalation_paths.toml explains the fields."""

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


@dataclass(frozen=True, slots=True)
class Grant:
    """A step that is allowed: on which resource ("self" is the principal), by which decision."""

    action: str
    resource: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Escalation:
    """A path the principal has. `verdict` DEPENDS: under the conditions named in the grants. `targets`: what it takes
    over, "self" included.

    `leads_to_admin`: YES if a target is an administrator or the path grants everything, DEPENDS if nobody judged the
    targets.
    """

    path: Path
    verdict: Tri
    grants: tuple[Grant, ...]
    targets: tuple[str, ...]
    leads_to_admin: Tri


@dataclass(frozen=True, slots=True)
class Escalations:
    """`undecided`: paths whose target is named by a policy, while nothing says whether it is the principal's own.
    `unreadable`: identity policies nobody could read; what they might allow is not in the paths, so an empty list of
    paths proves nothing then.
    """

    admin: Admin
    paths: tuple[Escalation, ...] = ()
    undecided: tuple[Escalation, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def can_escalate(self) -> bool:
        """Whether a path leads to more than the policy of one resource."""
        return any(one.path.gain != "resource" for one in self.paths)


_Found = tuple[Tri, list[Grant], list[str], bool]


@cache
def paths() -> tuple[Path, ...]:
    """The catalogue."""
    return tuple(_path(raw) for raw in _toml()["path"])


def escalations(principal: Principal, account: Account | None = None, *, admins_too: bool = False) -> Escalations:
    """Every path open to the principal. An administrator has none (it needs none) unless `admins_too`."""
    admin = is_admin(principal)
    if admin.verdict is Tri.YES and not admins_too:
        return Escalations(admin)
    unreadable = tuple(policy.name for policy in principal.policies if policy.document is None)
    if unreadable:
        principal = replace(principal, policies=tuple(policy for policy in principal.policies if policy.document))
    found = [one for path in may_escalate(principal) if (one := _judge(path, principal, account))]
    sure, unsure = ([one for one, is_sure in found if is_sure is wanted] for wanted in (True, False))
    return Escalations(admin, tuple(sure), tuple(unsure), unreadable)


# -- one path


def _judge(path: Path, principal: Principal, account: Account | None) -> tuple[Escalation, bool] | None:
    """(the escalation, is its target known to be the right one), or None if the path is closed."""
    if path.lifts and account is not None and not _holds_back(principal, path.lifts):
        return None
    best: _Found | None = None
    for service in path.passes_to or ("",):
        found = _steps(path, service, principal, account)
        if found and (best is None or found[0] > best[0]):
            best = found
    if best is None:
        return None
    verdict, grants, reached, sure = best
    if path.runs_as and account is not None:
        reached = [
            role.arn for service in path.runs_as for role in account.trusting(service) if role.arn != principal.arn
        ]
        if not reached:
            return None
    return Escalation(path, verdict, tuple(grants), tuple(reached), _leads_to_admin(path, reached, account)), sure


def _steps(path: Path, service: str, principal: Principal, account: Account | None) -> _Found | None:
    grants: list[Grant] = []
    answers, reached, sure = [], [], True
    by_target: dict[str, list[Step]] = {}
    for index, step in enumerate(path.steps):
        by_target.setdefault(step.target or f"#{index}", []).append(step)
    for target, steps in by_target.items():
        found = (
            _free(steps[0], principal)
            if target.startswith("#")
            else _on_one(target, steps, service, principal, account)
        )
        if found is None:
            return None
        answers.append(found[0])
        grants += found[1]
        reached += found[2]
        sure = sure and found[3]
    return every(answers), grants, reached, sure


def _free(step: Step, principal: Principal) -> _Found | None:
    """A step that may hit any resource."""
    context = _request(step.action, "", principal)
    decisions = [
        can(principal, step.action, one, context) for one in targets(principal, step.action, step.resource_type)
    ]
    best = max(decisions, key=answer, default=None)
    if best is None or answer(best) is Tri.NO:
        return None
    return answer(best), [Grant(step.action, "*", best)], [], True


def _on_one(
    target: str, steps: list[Step], service: str, principal: Principal, account: Account | None
) -> _Found | None:
    """Steps that must all be allowed on one resource: the best of the resources that count as such a target."""
    best: _Found | None = None
    reached: list[str] = []
    for resource, sure in _candidates(target, steps, service, principal, account):
        role = account.roles.get(resource) if account and target in ("usable-role", "assumable-role") else None
        grants = [_grant(step.action, resource, service, principal, role) for step in steps]
        verdict = every(answer(grant.decision) for grant in grants)
        if verdict is Tri.NO:
            continue
        reached.append("self" if resource == principal.arn else resource)
        if best is None or (verdict, sure) > (best[0], best[3]):
            best = (verdict, grants, reached, sure)
        if account and len(reached) >= _ENOUGH and best[0] is Tri.YES and _judged(reached[0], account) is Tri.YES:
            break
    return best


# Candidates come administrators first: once one of them is among this many, the rest adds nothing to the finding.
_ENOUGH = 25


@lru_cache(maxsize=1 << 15)
def _grant(action: str, resource: str, service: str, principal: Principal, role: Role | None) -> Grant:
    known = _request(action, service, principal)
    if role and action == "sts:AssumeRole":
        decision = can(principal, action, resource, known, role.trust, role.rcp_levels)
    else:
        decision = can(principal, action, resource, known)
    return Grant(action, "self" if resource == principal.arn else resource, decision)


def _request(action: str, service: str, principal: Principal) -> dict[str, Value]:
    """The keys the actor would send; an empty value is a key it leaves out."""
    known: dict[str, Value] = {"iam:PassedToService": service} if action == "iam:PassRole" and service else {}
    raw = _toml().get("request", {}).get(action, {})
    for key, value in raw.get("set", {}).items():
        known[key] = f"arn:{principal.caller.partition}:iam::aws:policy/{value}"
    return known | dict.fromkeys(raw.get("absent", ()), ())


# -- which resources count as the target of a step


def _candidates(
    target: str, steps: list[Step], service: str, principal: Principal, account: Account | None
) -> Iterator[tuple[str, bool]]:
    """(resource, is it certainly such a target); administrators come first, AWS's own roles never."""
    if target == "self-user":
        yield from [(principal.arn, True)] if principal.kind == "user" else []
    elif target == "own-role" and principal.kind in ("role", "session"):
        yield principal.caller.role_arn, True
    elif target == "own-policy":
        own = [policy.arn for policy in principal.policies if policy.arn and ":iam::aws:" not in policy.arn]
        yield from _own(own if own or account else None, steps, principal)
    elif target == "own-group":
        yield from (
            _own(principal.groups if principal.groups is not None else None, steps, principal)
            if principal.kind == "user"
            else ()
        )
    elif target == "new":
        yield from ((one, True) for step in steps for one in targets(principal, step.action))
    elif account is None:
        kind = {"passed": "role", "usable-role": "role", "assumable-role": "role", "own-role": "role"}.get(
            target, target
        )
        for step in steps:
            for one in targets(principal, step.action, "" if kind == "fn" else kind):
                if one != principal.arn and not _is_reserved(one):
                    yield one, target != "own-role" or FRESH in one
    else:
        yield from (
            (one, True)
            for one in _known(target, service, principal, account)
            if one != principal.arn and not _is_reserved(one)
        )


def _own(known: Iterable[str] | None, steps: list[Step], principal: Principal) -> Iterator[tuple[str, bool]]:
    """What is certainly the principal's own; where that is not known, whatever the policies cover, certain only if
    they name nothing exact.
    """
    if known is not None:
        yield from ((one, True) for one in known)
        return
    for step in steps:
        yield from ((one, FRESH in one) for one in targets(principal, step.action))


def _known(target: str, service: str, principal: Principal, account: Account) -> Iterable[str]:
    def first_admins(found: Mapping[str, Tri]) -> list[str]:
        return sorted(found, key=lambda arn: (-found[arn], arn))

    if target == "user":
        return first_admins(account.users)
    if target == "group":
        return [arn for arn in first_admins(account.groups) if arn not in (principal.groups or ())]
    if target == "policy":
        return dict.fromkeys(arn for role in account.roles.values() for arn in role.policies)
    if target == "passed":
        return [role.arn for role in account.trusting(service) if f"::{principal.account}:" in role.arn]
    roles = first_admins({arn: role.admin for arn, role in account.roles.items()})
    if target == "own-role":
        return [
            arn
            for arn in roles
            if answer(can(_without_policies(principal), "sts:AssumeRole", arn, None, account.roles[arn].trust))
            != Tri.NO
        ]
    return roles if target == "assumable-role" else [arn for arn in roles if f"::{principal.account}:" in arn]


def _without_policies(principal: Principal) -> Principal:
    return replace(principal, policies=())


def _is_reserved(arn: str) -> bool:
    return ":role/aws-service-role/" in arn or ":role/aws-reserved/" in arn


# -- what a path is worth


def _leads_to_admin(path: Path, reached: list[str], account: Account | None) -> Tri:
    if path.gain == "grant":
        return Tri.YES
    if path.gain == "resource":
        return Tri.NO
    if account is None:
        return Tri.DEPENDS
    return some(_judged(one, account) for one in reached)


def _judged(arn: str, account: Account) -> Tri:
    role = account.roles.get(arn)
    return role.admin if role else account.users.get(arn, account.groups.get(arn, Tri.DEPENDS))


def _holds_back(principal: Principal, what: str) -> bool:
    """Whether the principal would be administrator, or could escalate, without its boundary, or without the policies
    that deny.
    """
    if what == "boundary":
        if principal.boundary is None:
            return False
        freed = replace(principal, boundary=None)
    else:
        kept = tuple(policy for policy in principal.policies if not _denies(policy))
        if len(kept) == len(principal.policies):
            return False
        allowing = tuple(_without_denies(policy) for policy in principal.policies)
        freed = replace(principal, policies=allowing)
    if is_admin(freed).verdict > is_admin(principal).verdict:
        return True
    open_paths = {one.path.id for one in escalations(freed).paths if not one.path.lifts}
    return not open_paths <= {one.path.id for one in escalations(principal).paths}


def _denies(policy: Policy) -> bool:
    return policy.document is not None and any(one.effect == "Deny" for one in policy.document.statements)


def _without_denies(policy: Policy) -> Policy:
    if policy.document is None or not _denies(policy):
        return policy
    allows_only = tuple(one for one in policy.document.statements if one.effect == "Allow")
    return replace(
        policy, document=replace(policy.document, statements=allows_only, hash=f"{policy.document.hash}:allows")
    )


# -- the catalogue's file, and the quick look that spares most principals the rest


@cache
def _toml() -> Mapping[str, Any]:
    return tomllib.loads(files("pipeline.policy").joinpath("escalation_paths.toml").read_text("utf-8"))


def _path(raw: Mapping[str, Any]) -> Path:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()}
    fields["steps"] = tuple(_step(text) for text in raw["steps"])
    return Path(**fields)


def _step(text: str) -> Step:
    action, _, target = text.partition("@")
    return Step(action, "", target[1:]) if target.startswith(":") else Step(action, target)


def may_escalate(principal: Principal) -> tuple[Path, ...]:
    """The paths whose every action some readable policy of the principal allows in some way."""
    return _open_paths(
        frozenset().union(*(_possible(policy.document) for policy in principal.policies if policy.document))
    )


@lru_cache(maxsize=1 << 16)
def _open_paths(possible: frozenset[str]) -> tuple[Path, ...]:
    return tuple(path for path in paths() if all(step.action in possible for step in path.steps)) if possible else ()


@lru_cache(maxsize=1 << 17)
def _possible(document: Document) -> frozenset[str]:
    """The actions of the catalogue that the document allows, conditions and resources aside."""
    found: set[str] = set()
    for one in document.statements:
        if one.effect == "Allow":
            named = frozenset().union(*(_named(pattern) for pattern in one.actions or one.not_actions or ()))
            found |= named if one.actions is not None else _actions() - named
    return frozenset(found)


@lru_cache(maxsize=1 << 17)
def _named(pattern: str) -> frozenset[str]:
    return frozenset(action for action in _actions() if action_matches(pattern, action))


@cache
def _actions() -> frozenset[str]:
    return frozenset(step.action for path in paths() for step in path.steps)
