"""What a principal can do: services and access levels, sensitive actions, and what its limits take away."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from pipeline.policy.actions import expand, find
from pipeline.policy.evaluate import statements_on
from pipeline.policy.principal import Principal, answer
from pipeline.policy.request import Decision, Verdict
from pipeline.policy.rights import Admin, allows, effective_actions, is_admin
from pipeline.policy.sensitive import sensitive_actions
from pipeline.policy.tri import Tri
from pipeline.questions.published import Published
from pipeline.questions.resources import Resource, acts_on
from pipeline.questions.who_can import Question, decide
from pipeline.questions.words import Wait, named, place, unread_of, waits

LEVELS = ("List", "Read", "Write", "Tagging", "Permissions management")
OF_IDENTITY = ("iam", "organizations", "sso")
SENSITIVE = {"credential_actions": "returns credentials", "data_actions": "reads data"}


@dataclass(frozen=True)
class Level:
    """How many of a service's actions of one access level are allowed, certainly and under conditions; of how many."""

    certain: int
    conditional: int
    known: int


@dataclass(frozen=True)
class Sensitive:
    """A sensitive action that is allowed on some resource: on which patterns, and under what."""

    action: str
    why: str
    is_certain: bool
    resources: tuple[str, ...]
    waits: tuple[Wait, ...] = ()


@dataclass(frozen=True)
class Taken:
    """What one limit takes away of what the identity policies allow, or leaves only under conditions."""

    by: str
    actions: tuple[str, ...]
    is_whole: bool


@dataclass(frozen=True)
class Rights:
    """`actions`: the verdict by action. `unknown`: what was not read of the principal's policies and limits."""

    principal: Principal
    admin: Admin
    actions: Mapping[str, Tri]
    sensitive: tuple[Sensitive, ...] = ()
    taken: tuple[Taken, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def services(self) -> Mapping[str, Mapping[str, Level]]:
        """The access levels of each service of which something is allowed."""
        counted: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        for action, verdict in self.actions.items():
            counted[service_of(action), _level_of(action)][verdict is not Tri.YES] += 1
        found: dict[str, dict[str, Level]] = defaultdict(dict)
        for (service, level), (certain, conditional) in sorted(counted.items()):
            found[service][level] = Level(certain, conditional, _known(service).get(level, 0))
        return found


def what_can(principal: Principal) -> Rights:
    """What a principal can do in its own account, by its own policies and limits."""
    actions = effective_actions(principal)
    return Rights(
        principal,
        is_admin(principal),
        actions,
        tuple(_sensitive(principal, actions)),
        tuple(_taken(principal, actions)),
        tuple(f"{policy.name}: {policy.problem}" for policy in principal.unreadable),
    )


def on_resource(night: Published, principal: Principal, resource: Resource) -> dict[str, Decision]:
    """Every known action that acts on the resource, with its decision; those denied are left out."""
    service = resource.arn.split(":")[2]
    decisions = {
        action: decide(night, principal, Question(action, resource, {}))
        for action in expand(f"{service}:*")
        if (entry := find(action)) and acts_on(entry, resource.arn)
    }
    return {action: decision for action, decision in decisions.items() if answer(decision) is not Tri.NO}


def service_of(action: str) -> str:
    return action.partition(":")[0]


@cache
def _known(service: str) -> Mapping[str, int]:
    counted: dict[str, int] = defaultdict(int)
    for action in expand(f"{service}:*"):
        counted[_level_of(action)] += 1
    return counted


def _level_of(action: str) -> str:
    """The access level; the most far-reaching one where AWS gives several, "" for an unknown action."""
    entry = find(action)
    return next((level for level in reversed(LEVELS) if entry and level in entry.access_level), "")


def _sensitive(principal: Principal, actions: Mapping[str, Tri]) -> Iterator[Sensitive]:
    for action, verdict in sorted(actions.items()):
        if why := _why_sensitive(action):
            waiting = () if verdict is Tri.YES else tuple(waits(allows(principal, action)))
            yield Sensitive(action, why, verdict is Tri.YES, _patterns(principal, action), waiting)


def _why_sensitive(action: str) -> str:
    reasons = [why for file, why in SENSITIVE.items() if action in _listed(file)]
    if service_of(action) in OF_IDENTITY and _level_of(action) == "Permissions management":
        reasons.append("manages permissions")
    return ", ".join(reasons)


@cache
def _listed(file: str) -> frozenset[str]:
    return frozenset(sensitive_actions(file))


def _patterns(principal: Principal, action: str) -> tuple[str, ...]:
    """The resources that the identity policies allow the action on, as they are written."""
    found: dict[str, None] = {}
    for policy in principal.policies:
        for statement in statements_on(policy.document, action, "Allow") if policy.document else ():
            others = f"all but {' or '.join(statement.not_resources or ())}"
            found |= dict.fromkeys(statement.resources if statement.resources is not None else (others,))
    return tuple(found)


def _taken(principal: Principal, actions: Mapping[str, Tri]) -> Iterator[Taken]:
    """What the boundary, session policies and SCPs take away, by the statement or the missing Allow that does."""
    free = effective_actions(replace(principal, boundary=None, session=None, scp_levels=None))
    by: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for action, verdict in free.items():
        if actions.get(action, Tri.NO) < verdict:
            decision = allows(principal, action)
            by[_limit(decision), decision.verdict is not Verdict.DEPENDS].append(action)
    for (limit, is_whole), lost in sorted(by.items(), key=lambda item: (-len(item[1]), item[0])):
        yield Taken(limit, tuple(lost), is_whole)


def _limit(decision: Decision) -> str:
    """The limit that decided: `scp policy stay, statement 0`, or what has no Allow; else what it waits for."""
    unread = next(unread_of(decision), "")
    if decision.verdict is Verdict.EXPLICITLY_DENIED:
        hit = decision.evidence[0]
        return f"{named(hit.layer, hit.policy)}, {place(hit)}"
    if decision.verdict is Verdict.IMPLICITLY_DENIED:
        return decision.reason.replace("needs an Allow in", "no Allow in")
    waiting = waits(decision)
    if unread or not waiting:
        return unread or decision.reason
    first = waiting[0]
    return f"{named(first.layer, first.policy)}, {first.statement}: {first.sentence}"
