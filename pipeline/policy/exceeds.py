"""Whether one principal may do what another may not.

Of actions that no statement of the two tells apart, one is evaluated: a NotAction names thousands.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import lru_cache

from pipeline.policy import actions
from pipeline.policy.alike import keys_of
from pipeline.policy.beyond_policies import needs_no_permission
from pipeline.policy.callers import account_of
from pipeline.policy.document import Document, Statement
from pipeline.policy.evaluate import statements_on
from pipeline.policy.match import without_variables
from pipeline.policy.principal import Principal, answer, can
from pipeline.policy.request import EFFECTS
from pipeline.policy.rights import is_admin, named_actions, speaking
from pipeline.policy.targets import inside, shapes, targets
from pipeline.policy.tri import Tri


@lru_cache(maxsize=1 << 16)
def exceeds(principal: Principal, other: Principal, besides: tuple[str, ...] = ()) -> Tri:
    """Whether the principal may do something that the other may not, so that the other gains by taking it over.
    `besides`: actions that do not count.
    """
    if is_admin(principal).verdict > is_admin(other).verdict:
        return Tri.YES
    free = {*map(str.lower, besides), *needs_no_permission()}
    named = (action for policy in principal.policies if policy.document for action in named_actions(policy.document))
    compared = one_of_each(
        (action for action in named if action.lower() not in free), principal, (*principal.documents, *other.documents)
    )
    verdict = Tri.NO
    for action in compared:
        for resource in dict.fromkeys((*targets(principal, action), *denied(principal, action, other.documents))):
            owner = account_of(resource) or principal.account
            mine, theirs = (answer(can(who, action, resource, account=owner)) for who in (principal, other))
            verdict = max(verdict, mine if mine > theirs else Tri.NO)
        if verdict is Tri.YES:
            break
    return verdict


def denied(principal: Principal, action: str, documents: Iterable[Document]) -> Iterator[str]:
    """A resource that the action accepts for each pattern on which the documents deny it."""
    kinds = shapes(action, principal.caller.partition, principal.account)
    for document in documents:
        for statement in statements_on(document, action, "Deny"):
            arns = (inside(pattern, kind) for pattern in statement.resources or () for kind in kinds)
            yield from (arn for arn in arns if arn and "${" not in arn)


def one_of_each(named: Iterable[str], principal: Principal, documents: Iterable[Document]) -> Iterator[str]:
    """The actions, keeping only the first of those that the documents treat alike: with one answer for whoever holds
    them, on any resource or on the same ones.
    """
    heard = [_heard(document) for document in dict.fromkeys(documents)]
    groups: dict[Hashable, _Group] = {}
    seen: set[Hashable] = set()
    for action in named:
        spoken = tuple([statements[action] for statements in heard])
        group = groups.get(spoken)
        if group is None:
            group = groups[spoken] = _Group(principal, speaking((statements.document for statements in heard), action))
        asked = spoken, group.asked(action)
        if asked not in seen:
            seen.add(asked)
            yield action


class _Heard(dict[str, tuple[int, ...]]):
    """Which statements of a document speak of an action, by number; asked often, so each is found once."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def __missing__(self, action: str) -> tuple[int, ...]:
        on = (statement.index for effect in EFFECTS for statement in statements_on(self.document, action, effect))
        self[action] = numbers = tuple(on)
        return numbers


_heard: Callable[[Document], _Heard] = lru_cache(maxsize=512)(_Heard)


class _Group:
    """Actions that the same statements speak of."""

    def __init__(self, principal: Principal, statements: tuple[Statement, ...]) -> None:
        self._principal = principal
        keys = dict.fromkeys(key for statement in statements for key in keys_of(statement))
        self._keys = tuple(key for key in keys if not key.startswith("aws:"))  # any request may have those
        self._patterns = tuple(
            dict.fromkeys(
                without_variables(pattern, "*")
                for statement in statements
                for pattern in (*(statement.resources or ()), *(statement.not_resources or ()))
                if pattern != "*"
            )
        )

    def asked(self, action: str) -> Hashable:
        """Equal for actions that have one answer: requests can have the same keys, and the statements treat the
        resources alike.
        """
        sent = (
            self._principal.region(action),
            tuple(actions.key_reaches(action, key) is not False for key in self._keys),
        )
        return sent, _resources(action, self._principal.caller.partition, self._patterns)


@lru_cache(maxsize=1 << 17)
def _resources(action: str, partition: str, patterns: tuple[str, ...]) -> Hashable:
    """What resources the action accepts, as far as statements on these patterns can tell: where their ARNs have a
    Region and an account, and which they are if a pattern is about some of them.
    """
    kinds = shapes(action, partition, "*")
    if actions.find(action) is None or any(inside(pattern, kind) for pattern in patterns for kind in kinds):
        return kinds
    return frozenset(tuple(kind.own.split(":", 5)[3:5]) for kind in kinds)
