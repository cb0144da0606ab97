"""What an attacker puts into a request where a condition could look at it: candidates, of which the best counts.

Which policy is attached, which boundary a new user or role gets, which Region is asked: whoever makes the request
chooses, within what the policies leave. `[request]` and `[attacker]` of escalation_paths.toml say what is chosen where.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from pipeline.policy.context import Value
from pipeline.policy.document import Document
from pipeline.policy.escalation_paths import attacker, request_of
from pipeline.policy.match import common_arn, common_text
from pipeline.policy.partitions import home_region, partition_suffixes, spellings
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
    """The keys of each request worth trying, the strongest first. `boundary`: that of the user or role acted upon,
    ABSENT for none, None where it is not known.
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
    """The first that allows, else the first of those that depend, else the last."""
    strongest: Decision | None = None
    for decision in decisions:
        if strongest is None or answer(decision) >= answer(strongest):
            strongest = decision if strongest is None or answer(decision) > answer(strongest) else strongest
        if answer(strongest) is Tri.YES:
            break
    assert strongest is not None
    return strongest


def in_best_region(principal: Principal, keys: Mapping[str, Value], decision: Decision) -> Iterator[Known]:
    """The same request in the Regions that the policies speak of, where the decision waits for the Region."""
    if any(key.lower() == REGION for key in decision.unknown_keys):
        for region in _regions(principal):
            yield {**keys, REGION: region}


@lru_cache(maxsize=1 << 14)
def strong_policies(principal: Principal, key: str) -> tuple[str, ...]:
    """Policies to attach, or to set as a boundary, that leave free rein: AWS's own, and customer managed ones that the
    principal may write. One does where no condition looks at the key.
    """
    prefix = f"arn:{principal.caller.partition}:iam"
    strong = tuple(f"{prefix}::aws:policy/{name}" for name in attacker()["policies"])
    values = [value for document in principal.documents for value in values_on(document, key.lower())]
    if not values:
        return strong[:1]
    own = f"{prefix}::{principal.account}:policy/"
    fitting = dict.fromkeys(text for value in (own + FRESH, *values) if (text := common_arn(value, own + "*", FRESH)))
    return (*strong, *(arn for arn in fitting if _may_write(principal, arn)))


def boundaries_of_new(principal: Principal, resource: str) -> tuple[Boundary, ...]:
    """Boundaries that a new user or role may have without being held back by them: none, one that allows everything,
    one that the principal may rewrite, and one that it may take off again.
    """
    values = [value for document in principal.documents for value in values_on(document, BOUNDARY.lower())]
    if not values:
        return (ABSENT,)
    locks = (value for value in dict.fromkeys(values) if not set("*?$") & set(value))
    open_locks = (lock for lock in locks if may_take_off(principal, resource, lock))
    return (ABSENT, *dict.fromkeys((*strong_policies(principal, BOUNDARY), *open_locks)))


def may_take_off(principal: Principal, resource: str, boundary: str) -> bool:
    """Whether the principal certainly can free a user or role of the boundary: delete it, or set a strong one."""
    kind = "User" if ":user/" in resource else "Role"
    requests: list[tuple[str, str]] = [(f"iam:Delete{kind}PermissionsBoundary", boundary)]
    requests += [(f"iam:Put{kind}PermissionsBoundary", arn) for arn in strong_policies(principal, BOUNDARY)]
    return any(answer(can(principal, action, resource, {BOUNDARY: arn})) is Tri.YES for action, arn in requests)


def _may_write(principal: Principal, arn: str) -> bool:
    """A policy whose name is the actor's choice can be made; one that a condition names is there, and must be
    rewritten.
    """
    actions = ("iam:CreatePolicyVersion", *(("iam:CreatePolicy",) if FRESH in arn else ()))
    return any(answer(can(principal, action, arn)) is Tri.YES for action in actions)


def _regions(principal: Principal) -> tuple[str, ...]:
    named = (value for document in principal.documents for value in values_on(document, REGION))
    regions = (common_text(value, "*", "1") or value for value in named)
    return tuple(dict.fromkeys((*regions, home_region(principal.caller.partition))))


@lru_cache(maxsize=1 << 16)
def values_on(document: Document, key: str) -> tuple[str, ...]:
    """What the document's conditions compare the key (lower case) with."""
    conditions: Iterator[Any] = (condition for statement in document.statements for condition in statement.conditions)
    return tuple(value for condition in conditions if condition.key.lower() == key for value in condition.values)
