"""What a principal can do as one policy document: every Allow cut down to what the limits allow, every Deny kept.

The document never allows more than the principal has, as far as its policies were read. Where two policies meet in a
way that one statement cannot say, such as two lists of values for one condition key, the less is written and
`left_out` says what is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.policy.document import Document, Statement
from pipeline.policy.match import common_arn, resource_matches, statement_covers_action
from pipeline.policy.principal import FRESH, Principal
from pipeline.policy.request import Policy
from pipeline.policy.text import Element, element_of, known_actions, merged, service_of, unique
from pipeline.policy.tri import Tri

_NOTHING: Element = {"Effect": "Deny", "Action": "*", "Resource": "*"}
"""A document has at least one statement."""


@dataclass(frozen=True)
class Written:
    """The policy document, and what it had to leave out."""

    document: Mapping[str, Any]
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Meeting:
    """One Allow of each kind of policy that must allow, and the same as JSON."""

    statements: tuple[Statement, ...]
    elements: tuple[Element, ...]


def as_policy(principal: Principal, actions: Mapping[str, Tri]) -> Written:
    """The effective permissions of a principal; `actions` as `effective_actions` gives them."""
    left_out = dict.fromkeys(f"what {policy.name} says, which was not read" for policy in principal.unreadable)
    allows: list[Element] = []
    for meeting in _meetings(_layers(principal)):
        named = _actions(meeting.statements, actions)
        if not named:
            continue
        narrowed = _met(meeting)
        if narrowed is None:
            names = " and ".join(_name(statement) for statement in meeting.statements)
            left_out[f"what {names} allow together: {', '.join(named[:3])}"] = None
        elif narrowed:
            allows.append(narrowed | {"Action": named})
    denies = [element_of(statement, document) for document, statement in _statements(principal.documents, "Deny")]
    statements = unique([*merged(allows), *denies]) if allows else [_NOTHING]
    return Written({"Version": "2012-10-17", "Statement": statements}, tuple(left_out))


def _layers(principal: Principal) -> list[list[Policy]]:
    """The policies of each kind that must allow: identity, boundary, session, and each level of SCPs."""
    layers = [list(principal.policies)]
    layers += [[principal.boundary]] if principal.boundary else []
    layers += [list(principal.session)] if principal.session is not None else []
    bound = principal.account != principal.management_account and not principal.caller.is_service_linked_role
    return layers + [list(level) for level in (principal.scp_levels or () if bound else ())]


def _statements(documents: Iterable[Document], effect: str) -> Iterator[tuple[Document, Statement]]:
    for document in documents:
        yield from ((document, statement) for statement in document.statements if statement.effect == effect)


def _meetings(layers: list[list[Policy]]) -> Iterator[_Meeting]:
    """Each choice of one Allow from every layer. Equal ones of several layers are one."""
    meetings = [_Meeting((), ())]
    for layer in layers:
        documents = [policy.document for policy in layer if policy.document]
        allows = [(s, element_of(s, document)) for document, s in _statements(documents, "Allow")]
        grown: dict[tuple[str, ...], _Meeting] = {}
        for meeting in meetings:
            for statement, element in allows:
                is_trivial = _is_everything(statement) and meeting.statements
                made = meeting if is_trivial else _joined(meeting, statement, element)
                grown[tuple(each.text for each in made.statements)] = made
        meetings = list(grown.values())
    yield from meetings


def _joined(meeting: _Meeting, statement: Statement, element: Element) -> _Meeting:
    if len(meeting.statements) == 1 and _is_everything(meeting.statements[0]):
        return _Meeting((statement,), (element,))
    return _Meeting((*meeting.statements, statement), (*meeting.elements, element))


def _is_everything(statement: Statement) -> bool:
    return statement.actions == ("*",) and statement.resources == ("*",) and not statement.conditions


def _actions(statements: tuple[Statement, ...], actions: Mapping[str, Tri]) -> list[str]:
    """The effective actions that all the statements name; a service by its wildcard where all of it is."""
    if all(statement.actions == ("*",) for statement in statements):
        return ["*"] if actions else []
    by_service: dict[str, list[str]] = defaultdict(list)
    for action in actions:
        if all(statement_covers_action(statement, action) for statement in statements):
            by_service[service_of(action)].append(action)
    named: list[str] = []
    for service, found in sorted(by_service.items()):
        every = all(statement_covers_action(statement, f"{service}:{FRESH}") for statement in statements)
        named += [f"{service}:*"] if every and len(found) == len(known_actions(service)) else sorted(found)
    return named


# -- resources and conditions of several statements at once


def _met(meeting: _Meeting) -> Element | None:
    """One statement for what all of them allow, without actions: {} if that is nothing, None if it cannot be said."""
    made: Element = {"Effect": "Allow"}
    conditions: dict[str, dict[str, Any]] = {}
    resources: list[str] = ["*"]
    others: list[str] = []
    for element in meeting.elements:
        if not _add_conditions(conditions, element.get("Condition", {})):
            return None
        if "NotResource" in element:
            others += _listed(element["NotResource"])
        else:
            narrowed = _both(resources, _listed(element["Resource"]))
            if narrowed is None:
                return None
            resources = narrowed
    if not resources:
        return {}
    if others and resources != ["*"]:
        resources = [each for each in resources if not any(_may_meet(each, other) for other in others)]
        if not resources:
            return None
        others = []
    made |= {"NotResource": sorted(set(others))} if others else {"Resource": resources}
    return made | ({"Condition": conditions} if conditions else {})


def _add_conditions(conditions: dict[str, dict[str, Any]], more: Mapping[str, Mapping[str, Any]]) -> bool:
    """Add the conditions of one more statement; False if two of them ask the same of one key."""
    for operator, block in more.items():
        for key, values in block.items():
            earlier = conditions.setdefault(operator, {})
            if any(name.lower() == key.lower() and earlier[name] != values for name in earlier):
                return False
            earlier[key] = values
    return True


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _both(left: list[str], right: list[str]) -> list[str] | None:
    """The patterns for what both lists match; None if some pair meets in a way that no pattern says."""
    found: dict[str, None] = {}
    for one in left:
        for other in right:
            if _within(one, other):
                found[one] = None
            elif _within(other, one):
                found[other] = None
            elif _may_meet(one, other):
                return None
    return list(found)


def _within(narrow: str, wide: str) -> bool:
    """Whether the wide pattern certainly matches all that the narrow one does."""
    return wide in ("*", narrow) or ("${" not in wide and "?" not in wide and resource_matches(wide, narrow))


def _may_meet(one: str, other: str) -> bool:
    return "${" in one or "${" in other or common_arn(one, other, FRESH) is not None


def _name(statement: Statement) -> str:
    return statement.sid or f"statement {statement.index}"
