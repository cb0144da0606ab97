"""Finds conditions that do not do what they seem to: one `Flaw` per operator and key, for the control on condition
correctness.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.knowledge import load
from pipeline.policy import actions
from pipeline.policy.conditions import KNOWN_OPERATORS, date, is_negated, network, number, share_of_the_internet
from pipeline.policy.document import Condition, Document, Statement


@dataclass(frozen=True, slots=True)
class Flaw:
    """`code` is one of CODES; `weakens` is whether the statement allows more than it seems to."""

    code: str
    statement: int
    sid: str
    operator: str
    key: str
    detail: str
    weakens: bool


CODES = {
    "unknown_operator": "no such operator",
    "unknown_key": "no action of the statement can carry the key, so the condition never sees it",
    "type_mismatch": "the operator's type is not the key's: it never matches, or never as meant",
    "usable_mismatch": "the operator's type is not the key's, though it works for exact texts",
    "bad_value": "the value is not of the operator's type, so it never matches",
    "literal_wildcard": "a star under an exact operator is a star",
    "any_value": "matches every value: only asks whether the key is there",
    "set_operator_unguarded": "ForAllValues in an Allow passes when the key is absent, and no Null condition guards it",
    "set_operator_on_single_value": "a set operator on a key that holds one value",
    "if_exists_voids": "IfExists in an Allow passes when the key is absent, which is the case it was meant to stop",
    "caller_chooses": "the caller chooses this value",
    "passes_empty": "ForAllValues passes a request that names nothing, too",
    "passes_without_service": "IfExists passes a role that is passed without naming a service, too",
    "asks_presence": "matches every value: asks whether there is such a tag, or pair of the encryption context",
    "key_not_listed": "AWS's reference of the service does not list the key",
    "mfa_reversed": "allows only without MFA",
    "mfa_needs_if_exists": "long-term keys send no MFA key, so this Deny misses them: BoolIfExists is needed",
}

REMARKS = frozenset({"usable_mismatch", "set_operator_on_single_value", "caller_chooses"}) | {
    *("passes_empty", "passes_without_service", "asks_presence", "key_not_listed")
}
"""Codes of informational remarks, which also occur in AWS managed policies and are not faults in themselves."""

_FAMILY = {
    "String": "String",
    "Numeric": "Numeric",
    "Date": "Date",
    "Bool": "Bool",
    "Binary": "Binary",
    "Ip": "IPAddress",
    "Arn": "ARN",
}
_CONFINING = frozenset(
    {
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:sourceip",
        "aws:sourcevpc",
    }
    | {
        "aws:sourcevpce",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:multifactorauthpresent",
        "sts:externalid",
    }
    | {"iam:permissionsboundary", "aws:resourceorgid", "aws:resourceorgpaths", "aws:sourceorgpaths", "saml:aud"}
    | {"aws:vpceorgpaths", "aws:vpceaccount", "aws:vpceorgid", "aws:calledvia", "aws:principalservicenameslist"}
)
_CALLER_CHOOSES = frozenset({"aws:useragent", "aws:referer"})
_NUMERIC_TYPES = frozenset({"numeric", "long", "integer", "int", "number"})


def flaws(document: Document) -> list[Flaw]:
    """The flaws of a document's conditions, in its order."""
    return [
        Flaw(
            code,
            statement.index,
            statement.sid,
            condition.name,
            condition.key,
            detail or CODES[code],
            code in _WEAKENING and statement.effect == "Allow",
        )
        for statement in document.statements
        for condition in statement.conditions
        for code, detail in _of(statement, condition)
    ]


_WEAKENING = frozenset({"any_value", "set_operator_unguarded", "if_exists_voids", "caller_chooses", "mfa_reversed"})


def _of(statement: Statement, condition: Condition) -> Iterator[tuple[str, str]]:
    if condition.operator not in KNOWN_OPERATORS or (
        condition.operator == "Null" and (condition.if_exists or condition.qualifier)
    ):
        yield "unknown_operator", f"{condition.name} is no operator"
        return
    yield from _of_type(condition)
    yield from _of_key(statement, condition)
    if statement.effect == "Allow":
        yield from _of_allow(statement, condition)
    elif (
        condition.key.lower() == "aws:multifactorauthpresent"
        and condition.operator == "Bool"
        and not condition.if_exists
        and _only(condition, "false")
    ):
        yield "mfa_needs_if_exists", ""


def _of_type(condition: Condition) -> Iterator[tuple[str, str]]:
    family = next(
        (name for start, name in _FAMILY.items() if condition.operator.removeprefix("Not").startswith(start)), ""
    )
    kind = (actions.key_type(condition.key) or "").removeprefix("ArrayOf")
    if family and kind and not _fits(family, kind, condition):
        code = "usable_mismatch" if _works_all_the_same(family, kind.lower(), condition) else "type_mismatch"
        yield code, f"{condition.operator} on a key of type {kind}"
    bad = [value for value in condition.values if "${" not in value and not _is_value(family, value)]
    if bad:
        yield "bad_value", f"{bad[0]!r} is not of type {family}"
    wild = [value for value in condition.values if "*" in value.replace("${*}", "")]
    if wild and condition.operator in (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
    ):
        yield "literal_wildcard", f"{wild[0]!r} under {condition.operator}"


def _fits(family: str, kind: str, condition: Condition) -> bool:
    kind = kind.lower()
    if family == "Numeric":
        return kind in _NUMERIC_TYPES or condition.key.lower() == "aws:epochtime"
    if family == "Bool":
        return kind in ("bool", "boolean")
    return family.lower() == kind or (family == "String" and kind in ("string", "binary"))


def _works_all_the_same(family: str, kind: str, condition: Condition) -> bool:
    """Whether a type mismatch is harmless: ARNs or booleans compared as text, or ARN operators on text with ARNs, such
    as tags. AWS managed policies have all of these.
    """
    if family == "ARN":
        return kind == "string" and all(_is_value("ARN", value) for value in condition.values)
    if family != "String":
        return False
    if kind == "bool":
        return all(value in ("true", "false") for value in condition.values)
    is_exact = not any(set("*?") & set(value) for value in condition.values)
    return kind == "arn" and (condition.operator.endswith("Like") or is_exact)


def _is_value(family: str, value: str) -> bool:
    if family == "Bool":
        return value.lower() in ("true", "false")
    if family == "Numeric":
        return number(value) is not None
    if family == "Date":
        return date(value) is not None
    if family == "IPAddress":
        return network(value) is not None
    if family == "ARN":
        return value == "*" or value.count(":") >= 5
    return family != "Binary" or _is_base64(value)


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value, validate=True)
    except ValueError:
        return False
    return True


def _of_key(statement: Statement, condition: Condition) -> Iterator[tuple[str, str]]:
    key = condition.key.lower()
    if key.startswith("aws:") and actions.key_type(key) is None:
        yield "key_not_listed", f"{condition.key} is not in {load('condition_keys').off_list} (global condition keys)"
    elif statement.actions and all(
        not set("*?") & set(name) and actions.key_reaches(name, key) is False for name in statement.actions
    ):
        yield "unknown_key", f"no action of the statement carries {condition.key}"
    elif key.partition(":")[0] in actions.services() and not actions.is_service_key(key):
        yield "key_not_listed", f"the reference does not list {condition.key}"
    if condition.qualifier and condition.operator != "Null":
        kind = actions.key_type(key)
        if (kind and not kind.startswith("ArrayOf")) or re.search(r"[.:](sub|aud)$", key):
            yield "set_operator_on_single_value", f"{condition.qualifier} on {condition.key}"


def _of_allow(statement: Statement, condition: Condition) -> Iterator[tuple[str, str]]:
    key, positive = condition.key.lower(), not is_negated(condition.operator) and condition.operator != "Null"
    if condition.qualifier == "ForAllValues" and not _is_guarded(statement, key):
        yield ("set_operator_unguarded" if _must_be_sent(statement, key) else "passes_empty"), ""
    if positive and _matches_any_value(condition):
        code = "asks_presence" if actions.is_named_by_customers(key) else "any_value"
        yield code, f"{condition.key} may hold any value"
    if positive and condition.operator == "IpAddress" and share_of_the_internet(condition.values) == 1:
        yield "any_value", "every address is in the range"
    if condition.if_exists and positive and key in _CONFINING:
        yield "if_exists_voids", f"requests without {condition.key} pass"
    if condition.if_exists and positive and key == "iam:passedtoservice":
        yield "passes_without_service", ""
    if key in _CALLER_CHOOSES:
        yield "caller_chooses", f"{condition.key} is sent by the caller as it likes"
    if key == "aws:multifactorauthpresent" and condition.operator == "Bool" and _only(condition, "false"):
        yield "mfa_reversed", ""


def _matches_any_value(condition: Condition) -> bool:
    if condition.operator == "StringLike":
        return any("*" in value and not value.strip("*?") for value in condition.values)
    if condition.operator in ("ArnLike", "ArnEquals"):
        return any(not value.removeprefix("arn").replace(":", "").strip("*") for value in condition.values)
    return condition.operator == "Bool" and {value.lower() for value in condition.values} >= {"true", "false"}


def _is_guarded(statement: Statement, key: str) -> bool:
    """Whether the statement requires the key with a Null condition."""
    nulls = (other for other in statement.conditions if other.operator == "Null" and other.key.lower() == key)
    return any(_only(other, "false") for other in nulls)


def _must_be_sent(statement: Statement, key: str) -> bool:
    """Whether ForAllValues was meant to stop requests without the key: it is single-valued, identifies the caller, or
    is never sent by any action of the statement. Otherwise, as with aws:TagKeys of ec2:CreateTags, a request without
    it is harmless.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html (ForAllValues with a
    single valued key)
    """
    kind = actions.key_type(key)
    sent_by_none = bool(statement.actions) and not any(_may_send(name, key) for name in statement.actions or ())
    return key in _CONFINING or kind is None or not kind.startswith("ArrayOf") or sent_by_none


def _may_send(action: str, key: str) -> bool:
    entry = actions.find(action)
    return entry is None or actions.lists_key(entry, key)


def _only(condition: Condition, value: str) -> bool:
    return bool(condition.values) and all(each.lower() == value for each in condition.values)
