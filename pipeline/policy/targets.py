"""Concrete resources for an action that represent all resources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal, NamedTuple

from pipeline.policy import actions
from pipeline.policy.document import Document
from pipeline.policy.evaluate import statements_on
from pipeline.policy.match import common_arn, common_text, plain, without_variables
from pipeline.policy.principal import FRESH, Principal
from pipeline.policy.tri import Tri


def targets(principal: Principal, action: str, resource_type: str = "") -> tuple[str, ...]:
    """Representative resources: an invented one of each type that the action accepts, and one for each allowed
    pattern.
    """
    entry = actions.find(action)
    if entry is not None and entry.needs_star:
        return ("*",)
    kinds = shapes(action, principal.caller.partition, principal.account, resource_type)
    if entry is None:
        named = (inside(pattern, kinds[0]) for pattern in _patterns(principal, action, kinds))
        return tuple(dict.fromkeys(["*", *(arn for arn in named if arn)]))
    patterns = _patterns(principal, action, kinds)
    out: dict[str, None] = {}
    for kind in kinds:
        out[common_text(kind.own, "*", FRESH) or kind.own] = None
        out |= dict.fromkeys(arn for pattern in patterns if (arn := inside(pattern, kind)) and "${" not in arn)
    return tuple(out)


class Shape(NamedTuple):
    """ARN patterns of a resource type: those of the principal's account, and of any account that the action reaches."""

    own: str
    other: str


@lru_cache(maxsize=1 << 16)
def shapes(action: str, partition: str, account: str, resource_type: str = "") -> tuple[Shape, ...]:
    """What the action accepts: none if nothing narrower than "*", anything of its service if the action is unknown."""
    entry = actions.find(action)
    if entry is None:
        anything = f"arn:*:{action.partition(':')[0]}:*:*:*"
        return (Shape(anything, anything),)
    # IAM acts in the caller's account only, whatever account an ARN names.
    elsewhere = account if action.startswith("iam:") else "*"
    return tuple(
        Shape(template(arn, partition, account), template(arn, partition, elsewhere))
        for name, arn in entry.resource_types
        if resource_type in ("", name)
    )


def inside(pattern: str, kind: Shape) -> str | None:
    """A resource of this kind that the pattern matches; its own account's if there is one."""
    return _common(pattern, kind.own) or _common(pattern, kind.other)


def _patterns(principal: Principal, action: str, kinds: Iterable[Shape]) -> tuple[str, ...]:
    """The resource patterns on which policies allow the action, and their intersections with what a boundary, session
    policy or SCP allows, or a Deny excludes; without those that have nothing in common with any of the kinds.
    """
    granted, limited = (
        dict.fromkeys(
            pattern
            for policy in policies
            if policy.document
            for pattern in _open_on(policy.document, action, principal, "Allow")
            if any(inside(pattern, kind) for kind in kinds)
        )
        for policies in (principal.policies, principal.limits)
    )
    for document in principal.documents:
        excluded = _open_on(document, action, principal, "Deny")
        limited |= dict.fromkeys(pattern for pattern in excluded if any(inside(pattern, kind) for kind in kinds))
    pairs = ((pattern, other) for pattern in granted for other in limited if "*" not in (pattern, other))
    both = (
        common_arn(pattern, other, FRESH) for pattern, other in pairs if len(pattern) * len(other) <= _WORTH_COMPARING
    )
    met = (text.replace(FRESH, "*") for text in both if text)
    return tuple(dict.fromkeys((*granted, *limited, *met)))


@lru_cache(maxsize=1 << 16)
def _common(pattern: str, template: str) -> str | None:
    return common_arn(template, pattern, FRESH)


@lru_cache(maxsize=4096)
def template(arn: str, partition: str, account: str) -> str:
    """A resource type's ARN as a pattern in one account."""
    own = arn.replace("${Partition}", partition).replace("${Account}", account)
    return re.sub(r"\$\{[^}]*\}", "*", own)


def _open_on(document: Document, action: str, principal: Principal, effect: Literal["Allow", "Deny"]) -> Iterator[str]:
    """The patterns in Allow statements, or those that Deny statements exclude."""
    for statement in statements_on(document, action, effect):
        for pattern in (statement.resources if effect == "Allow" else statement.not_resources) or ():
            if statement.variables and "${" in pattern:
                expanded = principal.context(action).expand(pattern)
                yield without_variables(pattern, "*") if isinstance(expanded, Tri) else plain(expanded)
            else:
                yield pattern


# Comparing two patterns costs the product of their lengths; ARNs anyone writes stay far below this.
_WORTH_COMPARING = 1 << 16
