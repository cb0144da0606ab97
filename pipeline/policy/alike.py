"""What no statement tells apart: principals that may do the same, each in its own account, and resources with which a
principal may do the same.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pipeline.policy.callers import statement_names
from pipeline.policy.conditions import condition_holds
from pipeline.policy.document import Condition, Document, Statement
from pipeline.policy.evaluate import statements_on
from pipeline.policy.match import begins_alike, statement_covers_resource
from pipeline.policy.principal import FRESH, Principal
from pipeline.policy.request import EFFECTS, Policy
from pipeline.policy.tri import Tri

_ACCOUNT_ID = re.compile(r"\d{12}")
_VARIABLE = re.compile(r"\$\{([^},]+)")
_OWN_ACCOUNT = ("aws:principalaccount", "aws:resourceaccount", "kms:calleraccount")
"""Keys whose value is the principal's own account wherever the resource is in it, too."""
_ITSELF = "aws:principalarn"


@dataclass(frozen=True, slots=True)
class _Spoken:
    """What a document says that principals may answer differently: conditions (and whether variables count in them),
    and the keys, in lower case, whose very values decide.
    """

    names_accounts: bool
    conditions: tuple[tuple[Condition, bool], ...]
    keys: tuple[str, ...]


@lru_cache(maxsize=1 << 16)
def key(principal: Principal, others: tuple[Document, ...] = ()) -> Hashable:
    """Equal for two principals of one organization only if every request has the same answer for both, where each
    stands in its own account. `others`: documents that have a say beside their own, for requests to a third account.
    """
    levels = None if principal.account == principal.management_account else principal.scp_levels
    boundary = (principal.boundary,) if principal.boundary else ()
    layers = (principal.policies, boundary, principal.session or (), *(levels or ()))
    return (
        *(principal.kind, principal.caller.is_service_linked_role, principal.caller.partition),
        *(principal.session is None, levels is None, principal.not_before),
        tuple(tuple(_content(policy, principal.account) for policy in layer) for layer in layers),
        tuple(_answers(principal, (*principal.documents, *others))),
        tuple(statement_names(one, principal.caller, bool(boundary)) for other in others for one in other.statements),
    )


class Same:
    """A principal as the key of a cache: equal to one whose decisions are equal to the letter, evidence included, for
    requests on which the account's id has no bearing.
    """

    __slots__ = ("_hash", "_key", "principal")

    def __init__(self, principal: Principal) -> None:
        layers = (*principal.policies, *principal.limits)
        names = tuple((policy.name, policy.document and policy.document.hash) for policy in layers)
        self.principal = principal
        self._key = (key(principal), names)
        self._hash = hash(self._key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self._key == other._key


same = lru_cache(maxsize=1 << 16)(Same)


def _content(policy: Policy, account: str) -> str:
    return _relative(policy.document, account) if policy.document else f"?{policy.problem}"


@lru_cache(maxsize=1 << 16)
def _relative(document: Document, account: str) -> str:
    """The content, with a mark in place of the own account's id."""
    if not _spoken(document).names_accounts:
        return document.hash
    return "".join((document.version, *(one.text.replace(account, FRESH) for one in document.statements)))


def _answers(principal: Principal, documents: Iterable[Document]) -> Iterator[Hashable]:
    """What the principal answers to all that the documents ask."""
    own = {**principal.places.get(principal.account, {}), **dict.fromkeys(_OWN_ACCOUNT, principal.account)}
    known = principal.context(f"{FRESH}:{FRESH}").with_defaults(own)
    for document in documents:
        spoken = _spoken(document)
        yield from (None if name in _OWN_ACCOUNT else known.lookup(name) for name in spoken.keys)
        for condition, variables in spoken.conditions:
            is_present, values = known.lookup(condition.key)
            yield is_present, values is None, condition_holds(condition, known, variables)


@lru_cache(maxsize=1 << 16)
def _spoken(document: Document) -> _Spoken:
    conditions: list[tuple[Condition, bool]] = []
    keys: set[str] = set()
    for statement in document.statements:
        keys.update(_variables(statement.text))
        patterns = (*(statement.resources or ()), *(statement.not_resources or ()))
        keys.update(_ITSELF for pattern in patterns if not _names_account_or_all(pattern))
        for condition in statement.conditions:
            if condition.key.lower().startswith(("aws:", "kms:calleraccount")):
                conditions.append((condition, statement.variables))
            if any("${" in value for value in condition.values):
                keys.add(condition.key.lower())
    names_accounts = any(_ACCOUNT_ID.search(statement.text) for statement in document.statements)
    return _Spoken(names_accounts, tuple(conditions), tuple(sorted(keys)))


@lru_cache(maxsize=1 << 17)
def keys_of(statement: Statement) -> tuple[str, ...]:
    """All keys of a request that the statement may look at, in lower case."""
    return *(condition.key.lower() for condition in statement.conditions), *_variables(statement.text)


def _variables(text: str) -> Iterator[str]:
    return (name.strip().lower() for name in _VARIABLE.findall(text))


def _names_account_or_all(pattern: str) -> bool:
    """Whether the account of an ARN pattern is one, any or none, and not a part of an id."""
    account = [*pattern.split(":", 5), *[""] * 5][4]
    return account in ("", "*") or account.startswith("${") or _ACCOUNT_ID.fullmatch(account) is not None


def resource(principal: Principal, actions: tuple[str, ...], arn: str) -> Hashable:
    """Equal for two resources only if the principal's policies answer alike for the actions on both."""
    covered: list[Tri] = []
    for action in actions:
        expand = principal.context(action).expand
        covered += (
            statement_covers_resource(statement, arn, expand) if begins_alike(statement, arn) else Tri.NO
            for statement in _choosy(action, principal)
        )
    return arn if Tri.DEPENDS in covered else (tuple(covered), *arn.split(":", 5)[:5])


@lru_cache(maxsize=1 << 15)
def _choosy(action: str, principal: Principal) -> tuple[Statement, ...]:
    """The statements on the action that apply to some resources only."""
    return tuple(
        statement
        for document in principal.documents
        for effect in EFFECTS
        for statement in statements_on(document, action, effect)
        if statement.resources != ("*",)
    )
