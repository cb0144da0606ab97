"""Matching of actions and resources with policy patterns.

`*` is any run of characters, `?` exactly one. Actions ignore case, resources do not.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from pipeline.policy.document import Statement
from pipeline.policy.tri import Tri, every, some, tri

# A policy variable may stand for text that holds a star, and `${*}` is a literal one. Literal wildcards travel as
# these code points.
_LITERAL = str.maketrans({"*": "\ue000", "?": "\ue001"})
_PLAIN = str.maketrans({"\ue000": "*", "\ue001": "?"})
Expand = Callable[[str], str | Tri]
"""Expands the policy variables of a pattern; NO if a variable has no value, DEPENDS if its value is not known."""


def glob(pattern: str, text: str) -> bool:
    """Whether the pattern matches the whole text. Greedy from the left, so the work is at most pieces times length."""
    if "*" not in pattern:
        return pattern == text if "?" not in pattern else _piece_at(pattern, text, 0) and len(pattern) == len(text)
    head, *middle, tail = pattern.split("*")
    if (
        len(text) < len(head) + len(tail)
        or not _piece_at(head, text, 0)
        or not _piece_at(tail, text, len(text) - len(tail))
    ):
        return False
    at, end = len(head), len(text) - len(tail)
    for piece in middle:
        if piece:
            at = _find(piece, text, at, end)
            if at < 0:
                return False
            at += len(piece)
    return True


def _piece_at(piece: str, text: str, at: int) -> bool:
    if "?" not in piece:
        return text.startswith(piece, at)
    return len(piece) <= len(text) - at and all(p in ("?", t) for p, t in zip(piece, text[at:], strict=False))


def _find(piece: str, text: str, start: int, end: int) -> int:
    if "?" not in piece:
        return text.find(piece, start, end)
    return next((at for at in range(start, end - len(piece) + 1) if _piece_at(piece, text, at)), -1)


def literal(text: str) -> str:
    """The text as a pattern that matches only itself."""
    return text.translate(_LITERAL)


def plain(text: str) -> str:
    """The text that a pattern made by `literal` matches."""
    return text.translate(_PLAIN)


def glob_literal(pattern: str, text: str) -> bool:
    """`glob` for a pattern that may contain pieces made by `literal`."""
    return glob(pattern, text.translate(_LITERAL) if "\ue000" in pattern or "\ue001" in pattern else text)


@lru_cache(maxsize=65536)
def action_matches(pattern: str, action: str) -> bool:
    """Match `iam:Create*` against `iam:CreateUser`, ignoring case; a space is an ordinary character, so `iam:* `
    matches nothing.
    """
    return glob(pattern.lower(), action.lower())


def resource_matches(pattern: str, resource: str) -> bool:
    """Match an ARN pattern against an ARN. A star inside one of the first five fields stays in its field unless it ends
    the field.
    """
    if not glob_literal(pattern, resource):
        return False
    fields = pattern.split(":", 5)
    if all("*" not in field[:-1] for field in fields[:5]) or pattern == "*":
        return True
    parts = resource.split(":", 5)
    return len(fields) == len(parts) and all(
        glob_literal(field, part) for field, part in zip(fields, parts, strict=True)
    )


def statement_covers_action(statement: Statement, action: str) -> bool:
    """Whether Action matches the action, or NotAction does not."""
    patterns = statement.not_actions if statement.actions is None else statement.actions
    if patterns is None:
        return False
    action = action.lower()
    is_named = any(glob(pattern, action) for pattern in _lower(patterns))
    return is_named is (statement.actions is not None)


@lru_cache(maxsize=65536)
def _lower(patterns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(pattern.lower() for pattern in patterns)


def begins_alike(statement: Statement, resource: str) -> bool:
    """Whether the resource begins as a pattern of Resource does, up to its first wildcard or variable.

    Cheaper than matching, for documents of many statements; true where there is no Resource.
    """
    beginnings = _beginnings(statement)
    return beginnings is None or resource.startswith(beginnings)


@lru_cache(maxsize=1 << 17)
def _beginnings(statement: Statement) -> tuple[str, ...] | None:
    if statement.resources is None:
        return None
    return tuple(_OPENS.split(pattern, maxsplit=1)[0] for pattern in statement.resources)


_OPENS = re.compile(r"[*?$]")


def statement_covers_resource(statement: Statement, resource: str, expand: Expand) -> Tri:
    """Whether Resource or NotResource covers the resource. One without either (trust policies) covers its own."""
    if statement.resources is not None:
        return some(
            _pattern_covers(pattern, resource, expand if statement.variables else None)
            for pattern in statement.resources
        )
    if statement.not_resources is not None:
        return every(
            ~_pattern_covers(pattern, resource, expand if statement.variables else None)
            for pattern in statement.not_resources
        )
    return Tri.YES


def _pattern_covers(pattern: str, resource: str, expand: Expand | None) -> Tri:
    if expand is None or "${" not in pattern:
        return tri(pattern == "*" or resource_matches(pattern, resource))
    if "${" in before_resource(pattern):
        return Tri.NO
    expanded = expand(pattern)
    if isinstance(expanded, Tri):
        return min(expanded, tri(resource_matches(without_variables(pattern, "*"), resource)))
    return tri(resource_matches(expanded, resource))


def before_resource(pattern: str) -> str:
    """The first five fields of an ARN pattern, where `${...}` is plain text that no ARN contains; "" without five
    colons. A colon inside `${...}` does not separate fields.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html (where you can use variables)
    """
    match = _FIRST_FIVE.match(pattern)
    return match[0] if match else ""


_FIRST_FIVE = re.compile(r"(?:(?:\$\{[^}]*\}|[^:])*:){5}")


def without_variables(pattern: str, instead: str) -> str:
    """The pattern with each `${...}` replaced: `instead` for a variable, the literal character for `${*}`, `${?}`,
    `${$}`.
    """
    out, rest = "", pattern
    while (start := rest.find("${")) >= 0 and (end := rest.find("}", start)) >= 0:
        name = rest[start + 2 : end]
        out += rest[:start] + (literal(name) if name in ("*", "?", "$") else instead)
        rest = rest[end + 1 :]
    return out + rest


def common_text(left: str, right: str, fill: str) -> str | None:
    """A text that matches both patterns, or None; `fill` is used where both allow anything.

    `meets[i][j]` says whether the first i characters of `left` and j of `right` can cover one text: the table of an
    edit distance.
    """
    if right == "*":
        return left.replace("*", fill).replace("?", fill[:1])
    if left == "*":
        return common_text(right, left, fill)
    for text, pattern in ((left, right), (right, left)):
        if "*" not in text and "?" not in text:
            return text if glob(pattern, text) else None
    if not _ends_agree(left, right):
        return None
    meets = [[True] + [False] * len(right) for _ in range(len(left) + 1)]
    for i in range(len(left) + 1):
        for j in range(len(right) + 1):
            if i and j and "*" not in (left[i - 1], right[j - 1]):
                meets[i][j] = meets[i - 1][j - 1] and (
                    left[i - 1] == right[j - 1] or "?" in (left[i - 1], right[j - 1])
                )
            elif i or j:
                from_left = i > 0 and meets[i - 1][j] and (left[i - 1] == "*" or (j > 0 and right[j - 1] == "*"))
                from_right = j > 0 and meets[i][j - 1] and (right[j - 1] == "*" or (i > 0 and left[i - 1] == "*"))
                meets[i][j] = from_left or from_right
    return _walk_back(left, right, meets, fill) if meets[-1][-1] else None


def _ends_agree(left: str, right: str) -> bool:
    """Whether the texts before the first and after the last wildcards are compatible."""
    (head, *_, tail), (other_head, *_, other_tail) = (_WILDCARD.split(pattern) for pattern in (left, right))
    heads = head.startswith(other_head) or other_head.startswith(head)
    return heads and (tail.endswith(other_tail) or other_tail.endswith(tail))


_WILDCARD = re.compile(r"[*?]")


def _walk_back(left: str, right: str, meets: list[list[bool]], fill: str) -> str:
    pieces, i, j = [], len(left), len(right)
    while i or j:
        a, b = left[i - 1] if i else "", right[j - 1] if j else ""
        if a == b == "*":
            pieces.append(fill)
            i, j = (i - 1, j) if meets[i - 1][j] else (i, j - 1)
        elif a == "*" and meets[i - 1][j]:
            i -= 1
        elif b == "*" and meets[i][j - 1]:
            j -= 1
        elif "*" in (a, b):
            piece = b if a == "*" else a
            pieces.append(fill[:1] if piece == "?" else piece)
            i, j = (i, j - 1) if a == "*" else (i - 1, j)
        else:
            pieces.append(fill[:1] if a == b == "?" else b if a == "?" else a)
            i, j = i - 1, j - 1
    return "".join(reversed(pieces))


def common_arn(left: str, right: str, fill: str) -> str | None:
    """`common_text` for ARN patterns, field by field, so that a star in one resource does not absorb the type of the
    other.
    """
    fields, others = left.split(":", 5), right.split(":", 5)
    if len(fields) != 6 or len(others) != 6:
        return common_text(left, right, fill)
    parts = [common_text(field, other, fill) for field, other in zip(fields, others, strict=True)]
    return None if None in parts else ":".join(part or "" for part in parts)
