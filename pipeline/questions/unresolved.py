"""Values that a template leaves open: marked where they stand, and taken once for the most and once for the least.

What both say is certain; what only the most says is not known. In a Deny the most access is the least denied.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

NAME = "q9w3"
"""Stands for a name that is not known: no other policy has it, and none of the evaluator's own inventions."""
_OPEN, _CLOSE = "\ue010", "\ue011"
_MARK = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")
_ANY_ARN = "arn:*:*:*:*:"
Side = Literal["most", "least"]
_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def mark(words: str) -> str:
    """A text that stands for an unresolved reference."""
    return f"{_OPEN}{words}{_CLOSE}"


def marks(value: Any) -> list[str]:
    """The unresolved references anywhere in a value."""
    return list(dict.fromkeys(_MARK.findall(json.dumps(value, ensure_ascii=False, default=str))))


def is_unresolved(value: Any) -> bool:
    """Whether the value as a whole is an unresolved reference."""
    return isinstance(value, str) and _MARK.fullmatch(value) is not None


def readable(text: str) -> str:
    """A text with its references as they were written."""
    return _MARK.sub(lambda found: found[1], text)


def taken(document: Mapping[str, Any], side: Side) -> dict[str, Any]:
    """The document with every reference replaced so that it gives the most, or the least, access."""
    statements = document.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return {**document, "Statement": [made for one in listed for made in _statement(one, side)]}


def _statement(one: Any, side: Side) -> Iterator[Any]:
    if is_unresolved(one):
        yield from [_EVERYTHING] if side == "most" else []
        return
    if not isinstance(one, Mapping):
        yield one
        return
    if is_unresolved(one.get("Effect")):
        one = {**one, "Effect": "Allow" if side == "most" else "Deny"}
    is_wide = (side == "most") is (one["Effect"] != "Deny") if "Effect" in one else True
    made = {name: _element(name, value, is_wide) for name, value in one.items()}
    if made.get("Condition") == {}:
        del made["Condition"]
    yield made


def _element(name: str, value: Any, is_wide: bool) -> Any:
    """An element for the statement to apply to the most requests, or to the least."""
    if name == "Sid":
        return _replaced(value, False)
    if name == "Condition":
        return _conditions(value, is_wide)
    if name in ("Principal", "NotPrincipal") and is_unresolved(value):
        return "*" if is_wide is (name == "Principal") else {"AWS": f"arn:aws:iam::{'0' * 12}:role/{NAME}"}
    if name == "Action" and not is_wide:
        return _some(value, f"{NAME}:{NAME}")
    if name == "Resource" and not is_wide:
        return _some(_as_arn(name, value), f"arn:aws:{NAME}:::{NAME}")
    return _replaced(_as_arn(name, value), is_wide is not name.startswith("Not"))


def _as_arn(name: str, value: Any) -> Any:
    """Resources that begin with a reference, which is the ARN of one."""
    if name not in ("Resource", "NotResource"):
        return value
    listed = value if isinstance(value, list) else [value]
    return [
        f"{_ANY_ARN}{each}" if isinstance(each, str) and _MARK.match(each) and not is_unresolved(each) else each
        for each in listed
    ]


def _replaced(value: Any, is_wide: bool) -> Any:
    """A value of an element: any text, or one that nothing has."""
    if isinstance(value, str):
        return _MARK.sub("*", value) if is_wide else _MARK.sub(NAME, value).replace(_ANY_ARN, f"arn:aws:{NAME}:::")
    if isinstance(value, list):
        return [_replaced(each, is_wide) for each in value]
    if isinstance(value, Mapping):
        return {key: _replaced(each, is_wide) for key, each in value.items()}
    return value


def _some(value: Any, other: str) -> Any:
    """The texts of an element, with `other`, which nothing is, in the place of whole references."""
    listed = value if isinstance(value, list) else [value]
    return [other if is_unresolved(each) else _replaced(each, False) for each in listed]


def _conditions(block: Any, is_wide: bool) -> Any:
    """Conditions with open values are left out where the statement is to apply, and never hold where it is not."""
    if is_unresolved(block):
        return {} if is_wide else _NEVER
    if not isinstance(block, Mapping):
        return block
    made: dict[str, Any] = {}
    for operator, keys in block.items():
        if is_unresolved(keys):
            made |= {} if is_wide else _NEVER
        elif not isinstance(keys, Mapping):
            made[operator] = keys
        elif kept := {key: value for key, value in keys.items() if not (is_wide and marks([key, value]))}:
            made[operator] = {key: _replaced(value, False) for key, value in kept.items()}
    return made


_NEVER = {"StringEquals": {"aws:PrincipalArn": NAME}}
