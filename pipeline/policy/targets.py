"""Concrete resources for an action that represent all resources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from typing import Literal

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
    if entry is None:
        anything = f"arn:*:{action.partition(':')[0]}:*:*:*"
        named = (common_arn(pattern, anything, FRESH) for pattern in _patterns(principal, action, [anything]))
        return tuple(dict.fromkeys(["*", *(pattern for pattern in named if pattern)]))
    # IAM acts in the caller's account only, whatever account an ARN names.
    elsewhere = principal.account if action.startswith("iam:") else "*"
    shapes = [
        [template(arn, principal.caller.partition, account) for account in (principal.account, elsewhere)]
        for name, arn in entry.resource_types
        if resource_type in ("", name)
    ]
    patterns = _patterns(principal, action, dict.fromkeys(chain.from_iterable(shapes)))
    out: dict[str, None] = {}
    for own, other in shapes:
        out[common_text(own, "*", FRESH) or own] = None
        for pattern in patterns:
            inside = _inside(pattern, own) or _inside(pattern, other)
            if inside and "${" not in inside:
                out[inside] = None
    return tuple(out)


def _patterns(principal: Principal, action: str, shapes: Iterable[str]) -> tuple[str, ...]:
    """The resource patterns on which policies allow the action, and their intersections with what a boundary, session
    policy or SCP allows, or a Deny excludes; without those that have nothing in common with any of the shapes.
    """
    granted, limited = (
        dict.fromkeys(
            pattern
            for policy in policies
            if policy.document
            for pattern in _open_on(policy.document, action, principal, "Allow")
            if any(_inside(pattern, shape) for shape in shapes)
        )
        for policies in (principal.policies, principal.limits)
    )
    for document in principal.documents:
        excluded = _open_on(document, action, principal, "Deny")
        limited |= dict.fromkeys(pattern for pattern in excluded if any(_inside(pattern, shape) for shape in shapes))
    pairs = ((pattern, other) for pattern in granted for other in limited if "*" not in (pattern, other))
    both = (
        common_arn(pattern, other, FRESH) for pattern, other in pairs if len(pattern) * len(other) <= _WORTH_COMPARING
    )
    met = (text.replace(FRESH, "*") for text in both if text)
    return tuple(dict.fromkeys((*granted, *limited, *met)))


@lru_cache(maxsize=1 << 16)
def _inside(pattern: str, template: str) -> str | None:
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
