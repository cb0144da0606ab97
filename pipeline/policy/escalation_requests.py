"""Request values that an attacker can choose and conditions can check: candidates, of which the best counts.

The caller chooses the policy to attach, the boundary of a new user or role, Region and tags, within the limits of the
policies. `[request]` and `[attacker]` in escalation_paths.toml define the choices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from pipeline.policy import actions
from pipeline.policy.choices import Choice, Choices, by_key
from pipeline.policy.context import Value
from pipeline.policy.document import Document
from pipeline.policy.escalation_paths import attacker, request_of
from pipeline.policy.match import common_arn
from pipeline.policy.partitions import partition_suffixes, spellings
from pipeline.policy.principal import FRESH, Principal, answer, can
from pipeline.policy.request import Decision
from pipeline.policy.tri import Tri

BOUNDARY = "iam:PermissionsBoundary"
REGION = "aws:requestedregion"
ABSENT: tuple[str, ...] = ()

Known = dict[str, Value]
Boundary = str | tuple[str, ...]
"""The ARN of a boundary, or ABSENT."""


def candidates(action: str, service: str, principal: Principal, boundary: Boundary | None) -> Iterator[Known]:
    """The keys of each request worth trying, strongest first. `boundary`: that of the target user or role, ABSENT for
    none, None if not known.
    """
    if action == "iam:PassRole" and service:
        own = partition_suffixes(principal.caller.partition)
        names = [name for name in spellings(service) if name == service or name.endswith(own)]
        for name in names:
            yield {"iam:PassedToService": name}
        return
    keys: Known = {}
    chosen = request_of(action)
    if key := chosen.get("of_target"):
        keys |= {} if boundary is None else {key: boundary}
    if key := chosen.get("any_policy"):
        for arn in strong_policies(principal, key):
            yield {**keys, key: arn}
    else:
        yield keys


def best(decisions: Iterable[Decision]) -> Decision:
    """The first decision that allows, else the first DEPENDS, else the last."""
    strongest: Decision | None = None
    for decision in decisions:
        if strongest is None or answer(decision) >= answer(strongest):
            strongest = decision if strongest is None or answer(decision) > answer(strongest) else strongest
        if answer(strongest) is Tri.YES:
            break
    assert strongest is not None
    return strongest


def as_it_likes(
    principal: Principal,
    action: str,
    keys: Mapping[str, Value],
    ask: Callable[[Mapping[str, Value]], Decision],
    others: tuple[Document, ...] = (),
) -> Iterator[Decision]:
    """The decisions on the request, for all that the caller can choose freely and that decides. `others`: documents
    that have a say beside the principal's own, such as a role's trust policy.
    """
    waiting = [dict(keys)]
    for attempt in range(_MOST_ATTEMPTS):
        if not waiting:
            return
        given = waiting.pop()
        decision = ask(given)
        choices = _at_will(principal, action, given, decision, others) if attempt + 1 < _MOST_ATTEMPTS else []
        waiting += [{**given, **choice} for choice in reversed(choices)]
        if not choices:
            yield decision


_MOST_ATTEMPTS = 200


def _at_will(
    principal: Principal, action: str, keys: Known, decision: Decision, others: tuple[Document, ...]
) -> list[Choice]:
    """What the caller can choose freely for the first key that the decision depends on: Region, user agent, name of the
    session, and the tags of a request that can have them. Network and MFA are not: they stay conditions.
    """
    entry = actions.find(action)
    for key in (key.lower() for key in decision.unknown_keys):
        is_tag = key.startswith("aws:requesttag/") or key == "aws:tagkeys"
        can_be_sent = is_tag and entry is not None and not action.startswith("sts:") and actions.lists_key(entry, key)
        if (key in _FREE or can_be_sent) and key not in {given.lower() for given in keys}:
            return _choices(principal, others).of(key, principal.context(action, keys))
    return []


_FREE = frozenset({REGION, "aws:useragent", "aws:referer", "sts:rolesessionname"})


@lru_cache(maxsize=1 << 14)
def _choices(principal: Principal, others: tuple[Document, ...]) -> Choices:
    return Choices(by_key((*principal.documents, *others)), principal.caller.partition, principal.not_before)


@lru_cache(maxsize=1 << 14)
def strong_policies(principal: Principal, key: str) -> tuple[str, ...]:
    """Unrestricted policies to attach or set as boundary: AWS managed ones, the account's that allow everything, and
    those that the principal can edit. One is enough if no condition checks the key.
    """
    prefix = f"arn:{principal.caller.partition}:iam::aws:policy"
    strong = tuple(f"{prefix}/{name}" for name in attacker()["policies"])
    named = named_policies(principal, key)
    if not named:
        return strong[:1]
    return (*strong, *principal.strong, *(arn for arn in named if _may_write(principal, arn)))


def named_policies(principal: Principal, key: str) -> tuple[str, ...]:
    """Customer managed policies that its conditions on the key name, and a new one; none if no condition checks it."""
    values = [value for document in principal.documents for value in values_on(document, key.lower())]
    own = f"arn:{principal.caller.partition}:iam::{principal.account}:policy/"
    fitting = (common_arn(value, own + "*", FRESH) for value in (own + FRESH, *values))
    return tuple(dict.fromkeys(filter(None, fitting))) if values else ()


def boundaries_of_new(principal: Principal, resource: str) -> tuple[Boundary, ...]:
    """Ineffective boundaries for a new user or role: none, one that allows everything, one that the principal can edit,
    and one that it can remove again.
    """
    values = [value for document in principal.documents for value in values_on(document, BOUNDARY.lower())]
    if not values:
        return (ABSENT,)
    locks = (value for value in dict.fromkeys(values) if not set("*?$") & set(value))
    open_locks = (lock for lock in locks if may_take_off(principal, resource, lock))
    return (ABSENT, *dict.fromkeys((*strong_policies(principal, BOUNDARY), *open_locks)))


def may_take_off(principal: Principal, resource: str, boundary: str) -> bool:
    """Whether the principal can certainly remove the boundary from a user or role, or set an unrestricted one."""
    kind = "User" if ":user/" in resource else "Role"
    requests: list[tuple[str, str]] = [(f"iam:Delete{kind}PermissionsBoundary", boundary)]
    requests += [(f"iam:Put{kind}PermissionsBoundary", arn) for arn in strong_policies(principal, BOUNDARY)]
    return any(answer(can(principal, action, resource, {BOUNDARY: arn})) is Tri.YES for action, arn in requests)


def _may_write(principal: Principal, arn: str) -> bool:
    """Whether the actor can create the policy, if it chooses the name, or edit it, if a condition names it."""
    actions = ("iam:CreatePolicyVersion", *(("iam:CreatePolicy",) if FRESH in arn else ()))
    return any(answer(can(principal, action, arn)) is Tri.YES for action in actions)


@lru_cache(maxsize=1 << 16)
def values_on(document: Document, key: str) -> tuple[str, ...]:
    """The values that the document's conditions compare with the key (lower case)."""
    conditions: Iterator[Any] = (condition for statement in document.statements for condition in statement.conditions)
    return tuple(value for condition in conditions if condition.key.lower() == key for value in condition.values)
