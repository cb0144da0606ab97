"""Proposes a smaller policy for a principal: its own statements, reduced to what it uses.

Allow statements keep their resources and conditions and lose actions; Deny statements are unchanged. So the
proposal allows nothing new, and everything that is in use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from itertools import groupby

from pipeline.policy import Document, Statement
from pipeline.policy.actions import expand, find
from pipeline.policy.match import action_matches, common_text, glob
from pipeline.policy.rights import named_actions
from pipeline.policy.text import (
    Element,
    all_problems,
    contains,
    element_of,
    known_actions,
    merged,
    parts,
    service_of,
    size,
    unique,
)

FEWEST = 3
"""The minimum number of actions for a wildcard."""

_WORDS = re.compile(r"[A-Z]?[^A-Z]+|[A-Z]+(?![a-z])|[A-Z]")


@dataclass(frozen=True)
class Use:
    """Recent use by a principal: services as prefixes, actions as `service:Name`, and the actions tracked by AWS.

    `generated` are the action patterns of the policy that Access Analyzer made from its activity.
    """

    services: frozenset[str]
    actions: frozenset[str] = frozenset()
    tracked: frozenset[str] = frozenset()
    generated: frozenset[str] = frozenset()

    @cached_property
    def analyzed(self) -> frozenset[str]:
        """The services in the generated policy."""
        return frozenset(map(service_of, self.generated))

    @cached_property
    def all_services(self) -> frozenset[str]:
        return self.services | self.analyzed | {service_of(action) for action in self.actions}

    def keeps(self, action: str) -> bool:
        """Whether the proposal keeps an action: used, or untracked in a used service."""
        action, service = action.lower(), service_of(action)
        if action in self._used:
            return True
        if service in self.analyzed:
            return any(action_matches(pattern, action) for pattern in self.generated)
        return service in self.services and action not in self._tracked

    @cached_property
    def _used(self) -> frozenset[str]:
        return frozenset(action.lower() for action in self.actions)

    @cached_property
    def _tracked(self) -> frozenset[str]:
        return frozenset(action.lower() for action in self.tracked)


@lru_cache(maxsize=1024)
def _actions_of(use: Use, service: str) -> frozenset[str]:
    """The actions of a service: the catalogue's, and those that AWS itself reports."""
    reported = {*use.actions, *(action for action in use.generated if not set("*?") & set(action))}
    return frozenset({*known_actions(service), *(action for action in reported if service_of(action) == service)})


@dataclass(frozen=True)
class Proposal:
    """`policies` as JSON texts, as many as it takes for each to fit a managed policy; none where nothing is left.

    `removed_actions` are known actions of used services, and names that stand for no action. `problems` are what AWS
    would say of the policies, as far as that can be told without asking. `is_whole`: services are left whole, for
    their actions would take more policies.
    """

    policies: tuple[str, ...]
    removed_actions: tuple[str, ...]
    problems: tuple[str, ...]
    is_whole: bool = False

    @property
    def size(self) -> int:
        return sum(map(size, self.policies))


def propose(documents: Sequence[Document], use: Use) -> Proposal:
    """The identity policies of a principal, reduced to its use.

    Actions are listed by name; if they do not fit one managed policy, by wildcards that match the same known actions;
    else as whole services, if that takes fewer policies.
    """
    named = _proposed(documents, use)
    if len(named.policies) > 1:
        whole = _proposed(documents, replace(use, tracked=frozenset()))
        if len(whole.policies) < len(named.policies):
            return replace(whole, is_whole=True)
    return named


def _proposed(documents: Sequence[Document], use: Use) -> Proposal:
    statements = [(document, statement) for document in documents for statement in document.statements]
    denies = [element_of(statement, document) for document, statement in statements if statement.effect == "Deny"]
    texts: list[str] = []
    for brief in (False, True):
        if len(texts) != 1:
            allows = merged(_allows(statements, use, brief))
            texts = list(parts(unique([*allows, *denies]))) if allows else []
    granted = granted_actions(frozenset(documents))
    removed = {action for service in use.all_services for action in granted.get(service, ()) if not use.keeps(action)}
    invented = {pattern for _, statement in statements for pattern in _invented(statement, use)}
    return Proposal(tuple(texts), tuple(sorted(removed | invented)), tuple(all_problems(texts)))


def _allows(statements: Iterable[tuple[Document, Statement]], use: Use, brief: bool) -> Iterator[Element]:
    for document, statement in statements:
        if statement.effect == "Allow" and (actions := list(_narrowed(statement, use, brief))):
            yield element_of(statement, document) | {"Action": actions}


@lru_cache(maxsize=1024)
def granted_actions(documents: frozenset[Document]) -> Mapping[str, frozenset[str]]:
    """By service, known actions that some statement allows and none denies unconditionally on every resource."""
    named = {action for document in documents for action in named_actions(document) if find(action)}
    granted: dict[str, set[str]] = {}
    for action in named.difference(*map(_denied_actions, documents)):
        granted.setdefault(service_of(action), set()).add(action)
    return {service: frozenset(actions) for service, actions in granted.items()}


@lru_cache(maxsize=4096)
def _denied_actions(document: Document) -> frozenset[str]:
    """Known actions that the document denies on every resource without a condition."""
    denied: set[str] = set()
    for statement in document.statements:
        if statement.effect == "Deny" and "*" in (statement.resources or ()) and not statement.conditions:
            named = {
                action for pattern in statement.actions or statement.not_actions or () for action in expand(pattern)
            }
            denied |= named if statement.actions else set(expand("*")) - named
    return frozenset(denied)


def _named(pattern: str, use: Use, service: str) -> frozenset[str]:
    """The actions of a service that match a pattern."""
    catalogued, more = _named_known(pattern, service), _reported_only(use, service)
    return catalogued | {action for action in more if action_matches(pattern, action)} if more else catalogued


@lru_cache(maxsize=1024)
def _reported_only(use: Use, service: str) -> frozenset[str]:
    """Actions that AWS reports and the catalogue lacks."""
    return _actions_of(use, service).difference(known_actions(service))


@lru_cache(maxsize=1 << 16)
def _named_known(pattern: str, service: str) -> frozenset[str]:
    return frozenset(action for action in known_actions(service) if action_matches(pattern, action))


# -- the actions of one statement


def _narrowed(statement: Statement, use: Use, brief: bool) -> Iterator[str]:
    """The remaining actions of an Allow statement, each covered by the original."""
    covers: Callable[[str], bool]
    for service in sorted(use.all_services):
        if statement.actions is None:
            covers = partial(_avoids, statement.not_actions or ())
            whole = f"{service}:*" if covers(f"{service}:*") else None
            yield from _left(whole, service, statement, use, covers if brief else None)
            continue
        plain, wild = _by_service(statement)
        for pattern in dict.fromkeys(
            [*plain.get(service, ()), *(cut for wildcard in wild if (cut := _cut(wildcard, service)))]
        ):
            covers = partial(contains, pattern)
            yield from _left(pattern, service, statement, use, covers if brief else None)


@lru_cache(maxsize=4096)
def _by_service(statement: Statement) -> tuple[Mapping[str, list[str]], list[str]]:
    """The patterns of Action by service, and those for no single service."""
    plain: dict[str, list[str]] = {}
    wild = []
    for pattern in statement.actions or ():
        service = service_of(pattern)
        if ":" in pattern and not set("*?") & set(service):
            plain.setdefault(service, []).append(pattern)
        else:
            wild.append(pattern)
    return plain, wild


def _cut(pattern: str, service: str) -> str | None:
    """A pattern for several services, narrowed to this service; None if it matches none of its actions."""
    if not pattern.strip("*"):
        return f"{service}:*"
    prefix, colon, name = pattern.partition(":")
    return f"{service}:{name}" if colon and glob(prefix.lower(), service) else None


def _left(
    pattern: str | None, service: str, statement: Statement, use: Use, covers: Callable[[str], bool] | None
) -> Iterator[str]:
    """The remainder of a pattern of one service, or of all that the statement names of it: the pattern itself if
    nothing known is removed, else names; shortened if `covers` limits what wildcards may match.
    """
    names = _actions_of(use, service)
    if pattern:
        named = _named(pattern, use, service)
    else:
        named = names.difference(*(_named(pattern, use, service) for pattern in statement.not_actions or ()))
    kept = {action for action in named if use.keeps(action)}
    if pattern and kept == named and (named or not known_actions(service)) and (named or use.keeps(pattern)):
        yield pattern
    elif covers:
        yield from _shortened(sorted(kept), names - kept, covers)
    else:
        yield from sorted(kept)


def _shortened(kept: list[str], gone: Iterable[str], covers: Callable[[str], bool], depth: int = 1) -> Iterator[str]:
    """The same actions of one service, with common prefixes replaced by patterns that match no other known action."""
    gone = list(gone)
    for _, group in groupby(kept, key=lambda action: _beginning(action, depth)):
        alike = list(group)
        pattern = _beginning(alike[0], depth) + "*"
        if len(alike) < FEWEST:
            yield from alike
        elif covers(pattern) and not any(action_matches(pattern, other) for other in gone):
            yield pattern
        elif len({_beginning(name, depth + 1) for name in alike}) < len(alike) or depth == 1:
            yield from _shortened(alike, gone, covers, depth + 1)
        else:
            yield from alike


def _beginning(action: str, words: int) -> str:
    service, _, name = action.partition(":")
    return f"{service}:{''.join(_WORDS.findall(name)[:words])}"


def _avoids(excluded: Iterable[str], narrow: str) -> bool:
    """Whether no action matches both the pattern and an excluded one."""
    return all(common_text(narrow.lower(), pattern.lower(), "x") is None for pattern in excluded)


def _invented(statement: Statement, use: Use) -> Iterator[str]:
    """Patterns of an Allow statement for used services that match no known action."""
    for pattern in statement.actions or () if statement.effect == "Allow" else ():
        service = service_of(pattern)
        if service in use.all_services and known_actions(service) and not _named(pattern, use, service):
            yield pattern
