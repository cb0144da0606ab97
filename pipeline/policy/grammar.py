"""The grammar of policy documents: converts text to a normal form and rejects what AWS would refuse to store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from string import ascii_letters, digits
from typing import Any, Literal
from urllib.parse import unquote, unquote_plus

Kind = Literal["any", "identity", "trust", "resource", "scp", "rcp"]


VERSIONS = ("2012-10-17", "2008-10-17")


_TOP = {"Version", "Id", "Statement"}


_ELEMENTS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
}


_PRINCIPALS = {"AWS", "Service", "Federated", "CanonicalUser"}


SET_PREFIXES = {"forallvalues": "ForAllValues", "foranyvalue": "ForAnyValue"}


class MalformedPolicy(ValueError):
    """The document violates the policy grammar. `statement` is an index or None, `element` the field, `expected` what
    would be valid.
    """

    def __init__(self, statement: int | None, element: str, expected: str) -> None:
        self.statement, self.element, self.expected = statement, element, expected
        place = "document" if statement is None else f"statement {statement}"
        super().__init__(f"{place}, {element}: expected {expected}")


def load(text: str | bytes) -> Mapping[str, Any]:
    if not isinstance(text, (str, bytes)):
        raise MalformedPolicy(None, "document", "a JSON object")
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise MalformedPolicy(None, "document", "UTF-8 text") from None
    text = text.lstrip("\ufeff").strip()
    problem: Exception | None = None
    for candidate in dict.fromkeys(
        (text, unquote(text), unquote(unquote(text)), unquote_plus(text)) if "%" in text[:8] else (text,)
    ):
        try:
            loaded = json.loads(candidate, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            if isinstance(error, MalformedPolicy):
                raise
            problem = error
            continue
        if not isinstance(loaded, dict):
            raise MalformedPolicy(None, "document", "a JSON object")
        return loaded
    raise MalformedPolicy(None, "document", "JSON text") from problem


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise MalformedPolicy(None, twice, "each key once (readers disagree on which of two counts)")
    return members


def normal_document(loaded: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    unknown = sorted(str(key) for key in loaded if key not in _TOP)
    if unknown:
        raise MalformedPolicy(None, unknown[0], f"one of {', '.join(sorted(_TOP))}")
    version = loaded.get("Version", "2008-10-17")
    if not isinstance(version, str) or version not in VERSIONS:
        raise MalformedPolicy(None, "Version", " or ".join(VERSIONS))
    statements = loaded.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, (list, tuple)) or not statements:
        raise MalformedPolicy(None, "Statement", "one statement or a list of at least one")
    return {
        "Version": version,
        "Statement": [_normal_statement(index, statement, kind) for index, statement in enumerate(statements)],
    }


def _normal_statement(index: int, raw: Any, kind: Kind) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise MalformedPolicy(index, "Statement", "an object")
    for key in raw:
        if key not in _ELEMENTS:
            raise MalformedPolicy(index, str(key), f"one of {', '.join(sorted(_ELEMENTS))}")
    if raw.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy(index, "Effect", "Allow or Deny, in that case")
    sid = raw.get("Sid", "")
    if not isinstance(sid, str):
        raise MalformedPolicy(index, "Sid", "a string")
    normal: dict[str, Any] = {"Effect": raw["Effect"]} | ({"Sid": sid} if sid else {})
    for positive, needed in (
        ("Action", True),
        ("Resource", kind in ("identity", "scp", "rcp")),
        ("Principal", kind in ("trust", "rcp")),
    ):
        present = [name for name in (positive, f"Not{positive}") if name in raw]
        if len(present) > 1:
            raise MalformedPolicy(index, positive, f"{positive} or Not{positive}, not both")
        if not present and needed:
            raise MalformedPolicy(index, positive, f"{positive} or Not{positive}")
        for name in present:
            if {(positive, kind), (name, kind)} & _PROHIBITED:
                raise MalformedPolicy(index, name, f"no {name} in this kind of policy")
            normal[name] = (
                _normal_principal(index, name, raw[name])
                if positive == "Principal"
                else _strings(index, name, raw[name])
            )
    _check_texts(index, normal, kind)
    if "Condition" in raw:
        normal["Condition"] = _normal_condition(index, raw["Condition"])
    return normal


# NotPrincipal in a trust policy, which IAM refuses today, is read: old dumps hold it, and it lets everyone in.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html (table of elements)
_PROHIBITED = {
    ("Principal", "identity"),
    ("Principal", "scp"),
    ("Resource", "trust"),
    ("NotPrincipal", "rcp"),
    ("NotAction", "rcp"),
}


_STORED_BY_IAM = ("identity", "scp", "rcp")


def _check_texts(index: int, normal: Mapping[str, Any], kind: Kind) -> None:
    """Checks by IAM and Organizations before storing a policy: actions have a service prefix, resources are ARNs, a Sid
    has only letters and digits.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html (Missing ARN prefix,
    Missing action prefix), https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_sid.html
    """
    if kind in ("any", "resource"):
        return
    for name in ("Action", "NotAction"):
        for action in normal.get(name, ()):
            service = action.partition(":")[0]
            if action.strip("*") and (":" not in action or not service):
                raise MalformedPolicy(index, name, f"service:action, not {action}")
            if kind == "trust" and not set("*?") & set(service) and service.lower() != "sts":
                raise MalformedPolicy(index, name, f"actions of sts in a trust policy, not {action}")
    if kind not in _STORED_BY_IAM:
        return
    for name in ("Resource", "NotResource"):
        for resource in normal.get(name, ()):
            if not resource.startswith(("arn:", "*")):
                raise MalformedPolicy(index, name, f'an ARN or "*", not {resource}')
    if not set(normal.get("Sid", "")) <= _SID:
        raise MalformedPolicy(index, "Sid", "letters and figures")


_SID = frozenset(ascii_letters + digits)


def _strings(index: int, element: str, raw: Any) -> list[str]:
    values = list(raw) if isinstance(raw, (list, tuple)) else [raw]
    if not values or not all(isinstance(value, str) for value in values):
        raise MalformedPolicy(index, element, "a string or a list of at least one string")
    return values


def _normal_principal(index: int, element: str, raw: Any) -> Any:
    if raw == "*":
        return "*"
    if not isinstance(raw, Mapping):
        raise MalformedPolicy(index, element, '"*" or an object of AWS, Service, Federated, CanonicalUser')
    for key in raw:
        if key not in _PRINCIPALS:
            raise MalformedPolicy(index, f"{element}.{key}", f"one of {', '.join(sorted(_PRINCIPALS))}")
    return {key: _strings(index, f"{element}.{key}", raw[key]) for key in raw}


def _normal_condition(index: int, raw: Any) -> dict[str, dict[str, list[str]]]:
    if not isinstance(raw, Mapping):
        raise MalformedPolicy(index, "Condition", "an object of operators")
    normal: dict[str, dict[str, list[str]]] = {}
    for operator, block in raw.items():
        if not isinstance(operator, str) or not isinstance(block, Mapping):
            raise MalformedPolicy(index, f"Condition.{operator}", "an object of condition keys")
        normal[operator] = {
            str(key): _scalars(index, f"Condition.{operator}.{key}", values) for key, values in block.items()
        }
    return normal


def _scalars(index: int, element: str, raw: Any) -> list[str]:
    values = list(raw) if isinstance(raw, (list, tuple)) else [raw]
    if not all(isinstance(value, (str, int, float)) for value in values):
        raise MalformedPolicy(index, element, "strings, numbers or booleans")
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
