"""Conditions that do not do what they seem to: one `Flaw` per operator and key, for the control on condition
correctness.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.policy import actions
from pipeline.policy.conditions import KNOWN_OPERATORS, date, is_negated, network, number
from pipeline.policy.document import Condition, Document, Statement


@dataclass(frozen=True, slots=True)
class Flaw:
    """`code` is one of CODES; `weakens` says whether the statement lets more through than it seems to."""

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
    "mfa_reversed": "allows only without MFA",
    "mfa_needs_if_exists": "long-term keys send no MFA key, so this Deny misses them: BoolIfExists is needed",
}

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
    | {"iam:passedtoservice", "iam:permissionsboundary", "aws:resourceorgid", "saml:aud"}
)
_CALLER_CHOOSES = frozenset({"aws:useragent", "aws:referer"})
_NUMERIC_TYPES = frozenset({"numeric", "long", "integer", "int", "number"})


def flaws(document: Document) -> list[Flaw]:
    """The flaws of a document's conditions, in its order."""
    return [
        Flaw(
            code,
            one.index,
            one.sid,
            condition.name,
            condition.key,
            detail or CODES[code],
            code in _WEAKENING and one.effect == "Allow",
        )
        for one in document.statements
        for condition in one.conditions
        for code, detail in _of(one, condition)
    ]


_WEAKENING = frozenset({"any_value", "set_operator_unguarded", "if_exists_voids", "caller_chooses", "mfa_reversed"})


def _of(statement: Statement, one: Condition) -> Iterator[tuple[str, str]]:
    if one.operator not in KNOWN_OPERATORS or (one.operator == "Null" and (one.if_exists or one.qualifier)):
        yield "unknown_operator", f"{one.name} is no operator"
        return
    yield from _of_type(one)
    yield from _of_key(statement, one)
    if statement.effect == "Allow":
        yield from _of_allow(statement, one)
    elif (
        one.key.lower() == "aws:multifactorauthpresent"
        and one.operator == "Bool"
        and not one.if_exists
        and _only(one, "false")
    ):
        yield "mfa_needs_if_exists", ""


def _of_type(one: Condition) -> Iterator[tuple[str, str]]:
    family = next((name for start, name in _FAMILY.items() if one.operator.removeprefix("Not").startswith(start)), "")
    kind = (actions.key_type(one.key) or "").removeprefix("ArrayOf")
    if family and kind and not _fits(family, kind, one):
        usable = (
            family == "String"
            and kind == "ARN"
            and (one.operator.endswith("Like") or not any(set("*?") & set(v) for v in one.values))
        )
        yield ("usable_mismatch" if usable else "type_mismatch"), f"{one.operator} on a key of type {kind}"
    bad = [value for value in one.values if "${" not in value and not _is_value(family, value)]
    if bad:
        yield "bad_value", f"{bad[0]!r} is not of type {family}"
    wild = [value for value in one.values if "*" in value.replace("${*}", "")]
    if wild and one.operator in (
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
    ):
        yield "literal_wildcard", f"{wild[0]!r} under {one.operator}"


def _fits(family: str, kind: str, one: Condition) -> bool:
    kind = kind.lower()
    if family == "Numeric":
        return kind in _NUMERIC_TYPES or one.key.lower() == "aws:epochtime"
    if family == "Bool":
        return kind in ("bool", "boolean")
    return family.lower() == kind or (family == "String" and kind in ("string", "binary"))


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


def _of_key(statement: Statement, one: Condition) -> Iterator[tuple[str, str]]:
    key = one.key.lower()
    if key.startswith("aws:") and actions.key_type(key) is None:
        yield "unknown_key", f"{one.key} is no global condition key"
    elif statement.actions and all(
        not set("*?") & set(name) and actions.key_reaches(name, key) is False for name in statement.actions
    ):
        yield "unknown_key", f"no action of the statement carries {one.key}"
    if one.qualifier and one.operator != "Null":
        kind = actions.key_type(key)
        if (kind and not kind.startswith("ArrayOf")) or re.search(r"[.:](sub|aud)$", key):
            yield "set_operator_on_single_value", f"{one.qualifier} on {one.key}"


def _of_allow(statement: Statement, one: Condition) -> Iterator[tuple[str, str]]:
    key, positive = one.key.lower(), not is_negated(one.operator) and one.operator != "Null"
    if one.qualifier == "ForAllValues" and not any(
        other.operator == "Null" and other.key.lower() == key and _only(other, "false")
        for other in statement.conditions
    ):
        yield "set_operator_unguarded", ""
    if (
        positive
        and one.operator in ("StringLike", "ArnLike", "ArnEquals")
        and any(not value.strip("*") for value in one.values)
    ):
        yield "any_value", f"{one.key} may hold any value"
    if positive and one.operator == "IpAddress" and any(value in ("0.0.0.0/0", "::/0") for value in one.values):
        yield "any_value", "every address is in the range"
    if one.if_exists and positive and key in _CONFINING:
        yield "if_exists_voids", f"requests without {one.key} pass"
    if key in _CALLER_CHOOSES:
        yield "caller_chooses", f"{one.key} is sent by the caller as it likes"
    if key == "aws:multifactorauthpresent" and one.operator == "Bool" and _only(one, "false"):
        yield "mfa_reversed", ""


def _only(one: Condition, value: str) -> bool:
    return bool(one.values) and all(each.lower() == value for each in one.values)
