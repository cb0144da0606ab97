"""Policy documents, parsed once into frozen statements.

Accepts what AWS returns (a dict, JSON text, or the percent-encoded text of the raw IAM API) and nothing that AWS would
refuse to store: an invalid document raises `MalformedPolicy`, so that no verdict is based on half a document. Grammar:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from pipeline.policy.grammar import SET_PREFIXES, Kind, MalformedPolicy, load, normal_document


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition: `ForAnyValue:StringLikeIfExists` on `aws:TagKeys` is ("StringLike", "ForAnyValue",
    True, ...).
    """

    operator: str
    qualifier: str
    if_exists: bool
    key: str
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """The operator as written in a policy."""
        return f"{self.qualifier + ':' if self.qualifier else ''}{self.operator}{'IfExists' if self.if_exists else ''}"


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement. Omitted list elements are None; `principals` are (type, value) pairs, and "*" is ("*", "*")."""

    index: int
    sid: str
    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    principals: tuple[tuple[str, str], ...] | None
    not_principals: tuple[tuple[str, str], ...] | None
    conditions: tuple[Condition, ...]
    variables: bool
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A parsed document; equal content gives the same object and `hash`. `remarks` are flaws that AWS accepts but that
    should be reported.
    """

    version: str
    statements: tuple[Statement, ...]
    hash: str
    remarks: tuple[str, ...] = ()
    speaking: dict[tuple[str, str], tuple[Statement, ...]] = field(default_factory=dict, init=False, repr=False)
    """Cache: statements by action and effect (see `evaluate.statements_on`)."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Document) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)


def parse(source: Mapping[str, Any] | str | bytes, kind: Kind = "any") -> Document:
    """Parse a document; `kind` adds rules for where it is attached (an identity policy has no Principal, a trust
    policy no Resource).

    Raises MalformedPolicy. The `hash` is the SHA-256 (hex) of the canonical form: whitespace, key order, and string
    versus list do not affect it; the order of statements does.
    """
    loaded = source if isinstance(source, Mapping) else load(source)
    try:
        normal = normal_document(loaded, kind)
    except RecursionError:
        raise MalformedPolicy(None, "document", "a nesting depth of a policy") from None
    return _build(_canonical(normal))


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


# -- text to JSON


# -- JSON to the normal form: lists everywhere, strings only, absent elements absent


# -- the normal form to statements


@lru_cache(maxsize=65536)
def _build(canonical: str) -> Document:
    normal = json.loads(canonical)
    version = normal["Version"]
    statements = tuple(_statement(index, raw, version == "2012-10-17") for index, raw in enumerate(normal["Statement"]))
    sids = [statement.sid for statement in statements if statement.sid]
    remarks = tuple(f"Sid {sid} is used more than once" for sid in sorted({sid for sid in sids if sids.count(sid) > 1}))
    return Document(version, statements, hashlib.sha256(canonical.encode()).hexdigest(), remarks)


def _statement(index: int, raw: dict[str, Any], variables: bool) -> Statement:
    def listed(name: str) -> tuple[str, ...] | None:
        return tuple(raw[name]) if name in raw else None

    def principals(name: str) -> tuple[tuple[str, str], ...] | None:
        value = raw.get(name)
        if value == "*":
            return (("*", "*"),)
        return None if value is None else tuple((kind, name) for kind, many in value.items() for name in many)

    conditions = tuple(
        _condition(name, key, values)
        for name, block in raw.get("Condition", {}).items()
        for key, values in block.items()
    )
    return Statement(
        index=index,
        sid=raw.get("Sid", ""),
        effect=raw["Effect"],
        actions=listed("Action"),
        not_actions=listed("NotAction"),
        resources=listed("Resource"),
        not_resources=listed("NotResource"),
        principals=principals("Principal"),
        not_principals=principals("NotPrincipal"),
        conditions=conditions,
        variables=variables,
        text=_canonical(raw),
    )


def _condition(name: str, key: str, values: list[str]) -> Condition:
    prefix, colon, rest = name.partition(":")
    qualifier = SET_PREFIXES.get(prefix.lower(), "") if colon else ""
    operator = rest if qualifier else name
    if_exists = operator.lower().endswith("ifexists")
    return Condition(
        OPERATORS.get((operator[:-8] if if_exists else operator).lower(), operator),
        qualifier,
        if_exists,
        key,
        tuple(values),
    )


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
_EXACT = ("Equals", "NotEquals", "Like", "NotLike")
_ORDERED = ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
OPERATORS = {
    name.lower(): name
    for name in (
        *(f"{kind}{end}" for kind in ("String", "Arn") for end in _EXACT),
        *(f"{kind}{end}" for kind in ("Numeric", "Date") for end in _ORDERED),
        *("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
        *("Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null"),
    )
}
