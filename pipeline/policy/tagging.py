"""Tags that principals can give themselves: conditions on aws:PrincipalTag that they meet are no shield.

https://docs.aws.amazon.com/IAM/latest/UserGuide/introduction_attribute-based-access-control.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from pipeline.policy.account import Role
from pipeline.policy.conditions import condition_holds
from pipeline.policy.context import Value
from pipeline.policy.document import Document
from pipeline.policy.evaluate import statements_on
from pipeline.policy.match import common_text, without_variables
from pipeline.policy.principal import FRESH, Principal, answer, can
from pipeline.policy.request import Decision
from pipeline.policy.tri import Tri, every

_TAG = "aws:principaltag/"
_MOST = 16


@dataclass(frozen=True)
class Retagged:
    """The principal with other tags; `action`, the last one by which they are set, on `resource`; all `decisions`."""

    principal: Principal
    action: str
    resource: str
    decisions: tuple[Decision, ...]

    @property
    def verdict(self) -> Tri:
        return every(answer(decision) for decision in self.decisions)


@lru_cache(maxsize=1 << 13)
def retagged(principal: Principal, others: tuple[Document, ...] = ()) -> tuple[Retagged, ...]:
    """The principal with each set of tags that it can give itself, and that its policies, or `others`, tell apart."""
    kind = {"user": "User", "role": "Role", "session": "Role"}.get(principal.kind, "")
    documents = (*principal.documents, *others)
    actions = (f"iam:Tag{kind}", f"iam:Untag{kind}")
    own = [policy.document for policy in principal.policies if policy.document]
    is_granted = any(statements_on(document, action, "Allow") for document in own for action in actions if kind)
    return tuple(_retagged(principal, actions, documents)) if is_granted and _told_apart(documents) else ()


def _retagged(principal: Principal, actions: tuple[str, str], documents: Sequence[Document]) -> Iterator[Retagged]:
    arn, known = principal.caller.role_arn, _told_apart(documents)
    seen, waiting = [_standing(principal, documents)], [Retagged(principal, "", arn, ())]
    while waiting and len(seen) < _MOST:
        now = waiting.pop(0)
        for key, value in ((key, value) for key, values in known.items() for value in values):
            holder = _tagged(now.principal, key, value)
            if (standing := _standing(holder, documents)) in seen:
                continue
            action = actions[0] if value else actions[1]
            decision = can(now.principal, action, arn, _keys(key, value))
            if answer(decision) is not Tri.NO:
                seen.append(standing)
                found = Retagged(holder, action, arn, (*now.decisions, decision))
                waiting.append(found)
                yield found


def tagged_by(actor: Principal, role: Role, holder: Principal, others: tuple[Document, ...] = ()) -> Iterator[Retagged]:
    """The role's holder with each single tag that the actor can give it, of the role or of the session it assumes, and
    with which its policies, or `others`, could allow more.
    """
    for key, values in _told_apart((*holder.documents, *others)).items():
        for value in values:
            tagged = _tagged(holder, key, value)
            if may_gain(holder, tagged, others):
                yield from islice(_ways(actor, role, tagged, key, value), 1)


def _ways(actor: Principal, role: Role, tagged: Principal, key: str, value: str) -> Iterator[Retagged]:
    for action, by_session in _WAYS if value else (("iam:UntagRole", False),):
        policy, rcps = (role.trust, role.rcp_levels) if by_session else (None, None)
        decision = can(actor, action, role.arn, _keys(key, value), policy, rcps)
        if answer(decision) is not Tri.NO:
            yield Retagged(tagged, action, role.arn, (decision,))


_WAYS = (("sts:TagSession", True), ("iam:TagRole", False))


def may_tag_roles(principal: Principal) -> bool:
    """Whether any policy of the principal may allow tagging roles or their sessions."""
    documents = [policy.document for policy in principal.policies if policy.document]
    return any(statements_on(document, action, "Allow") for document in documents for action in _TAGGING_ROLES)


_TAGGING_ROLES = ("sts:TagSession", "iam:TagRole", "iam:UntagRole")


def may_gain(principal: Principal, other: Principal, others: tuple[Document, ...] = ()) -> bool:
    """Whether its policies, or `others`, could allow more with the other tags: a condition of an Allow is met more, or
    one of a Deny less.
    """
    documents = (*principal.documents, *others)
    pairs = zip(_standing(principal, documents), _standing(other, documents), strict=True)
    return any(
        now.values != before.values or (now.holds > before.holds if now.effect == "Allow" else now.holds < before.holds)
        for before, now in pairs
    )


class _Standing(NamedTuple):
    """What a principal's tags make of a statement: which conditions hold, and the values of variables."""

    effect: str
    conditions: tuple[Tri, ...]
    values: tuple[str, ...]

    @property
    def holds(self) -> Tri:
        return every(self.conditions)


def _standing(principal: Principal, documents: Iterable[Document]) -> tuple[_Standing, ...]:
    context = principal.context("")
    return tuple(
        _Standing(
            statement.effect,
            tuple(
                condition_holds(one, context, statement.variables)
                for one in statement.conditions
                if one.key.lower().startswith(_TAG)
            ),
            tuple(str(context.expand("${" + _TAG + key + "}")) for key in _variables(statement.text)),
        )
        for document in documents
        if _values_of(document)
        for statement in document.statements
    )


def speaking_of_tags(documents: Iterable[Document | None]) -> tuple[Document, ...]:
    """The documents that look at tags of principals."""
    return tuple(document for document in documents if document and _values_of(document))


def _keys(key: str, value: str) -> Mapping[str, Value]:
    return {f"aws:RequestTag/{key}": value or (), "aws:TagKeys": (key,)}


def _tagged(principal: Principal, key: str, value: str) -> Principal:
    """The principal with this tag, or without it; keys of tags ignore case."""
    others = {name: tag for name, tag in (principal.tags or {}).items() if name.lower() != key.lower()}
    return replace(principal, tags=others | ({key: value} if value else {}), takes_session_tags=False)


def _told_apart(documents: Iterable[Document]) -> dict[str, tuple[str, ...]]:
    """For each tag key in the documents, values that they tell apart; "" for no tag."""
    known: dict[str, dict[str, None]] = {}
    for document in documents:
        for key, values in _values_of(document).items():
            known.setdefault(key, {}).update(dict.fromkeys(values))
    return {key: tuple(values) for key, values in known.items()}


@lru_cache(maxsize=1 << 16)
def _values_of(document: Document) -> Mapping[str, tuple[str, ...]]:
    known: dict[str, dict[str, None]] = {}
    if _TAG not in "".join(statement.text for statement in document.statements).lower():
        return {}
    for statement in document.statements:
        for condition in statement.conditions:
            if condition.key.lower().startswith(_TAG):
                texts = [] if condition.operator == "Null" else [without_variables(v, FRESH) for v in condition.values]
                values = (common_text(text, "*", FRESH) or text for text in texts)
                known.setdefault(condition.key[len(_TAG) :], {}).update(dict.fromkeys((*values, FRESH, "")))
        for key in _variables(statement.text):
            known.setdefault(key, {}).update({FRESH: None, "": None})
    return {key: tuple(values) for key, values in known.items()}


def _variables(text: str) -> Iterator[str]:
    """The tag keys in the policy variables of a text."""
    at = text.lower().find("${" + _TAG)
    while at >= 0:
        yield text[at + 2 + len(_TAG) :].partition("}")[0].partition(",")[0].strip()
        at = text.lower().find("${" + _TAG, at + 1)
