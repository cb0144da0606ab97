"""The Condition element: operators with their IfExists and set forms, evaluated in the context of a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from pipeline.policy.context import CLOCKS, Context
from pipeline.policy.document import OPERATORS, Condition, Statement
from pipeline.policy.match import glob_literal, plain
from pipeline.policy.tri import Tri, every, some, tri

KNOWN_OPERATORS = frozenset(OPERATORS.values())
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
# Under the other operators a policy variable is plain text.
_WITH_VARIABLES = ("String", "Arn")


def conditions_hold(statement: Statement, context: Context) -> Tri:
    """All operators and all keys must hold."""
    return every(condition_holds(condition, context, statement.variables) for condition in statement.conditions)


def condition_holds(condition: Condition, context: Context, variables: bool = True) -> Tri:
    """Evaluate one operator on one key. An unknown operator gives DEPENDS: AWS would not have stored it, so its meaning
    is unknown.
    """
    if condition.operator not in KNOWN_OPERATORS or (
        condition.operator == "Null" and (condition.qualifier or condition.if_exists)
    ):
        return Tri.DEPENDS
    is_present, values = context.lookup(condition.key)
    if condition.operator == "Null":
        return some(~is_present if value.lower() == "true" else is_present for value in condition.values)
    if is_present is Tri.NO:
        return holds_when_missing(condition)
    holds = (
        _holds_for_any_value(condition, context)
        if values is None
        else _holds_for(condition, values, context, variables)
    )
    return holds if is_present is Tri.YES or holds == holds_when_missing(condition) else Tri.DEPENDS


def holds_when_missing(condition: Condition) -> Tri:
    """The result for a request without the key: positive operators fail; negated ones hold, as do IfExists and
    ForAllValues. ForAnyValue needs a value, so it fails without the key, even with IfExists.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
    and, tried at AWS, https://repost.aws/questions/QU9HFmDzP0QGuU-fd7rS6B7w
    """
    if condition.qualifier == "ForAnyValue":
        return Tri.NO
    return tri(condition.if_exists or condition.qualifier == "ForAllValues" or is_negated(condition.operator))


def is_negated(operator: str) -> bool:
    return "Not" in operator


def _holds_for(condition: Condition, values: tuple[str, ...], context: Context, variables: bool) -> Tri:
    negated = is_negated(condition.operator)
    variables = variables and condition.operator.startswith(_WITH_VARIABLES)
    expected = [context.expand(value) if variables and "${" in value else value for value in condition.values]

    def one(value: str) -> Tri:
        hit = some(
            want if isinstance(want, Tri) else tri(_matches(condition.operator, value, want)) for want in expected
        )
        return ~hit if negated else hit

    answers = [one(value) for value in values]
    if condition.qualifier == "ForAllValues" or (negated and condition.qualifier != "ForAnyValue"):
        return every(answers)
    return some(answers)


def _holds_for_any_value(condition: Condition, context: Context) -> Tri:
    """The result if the key is present with unknown value: YES or NO only if every value gives that result."""
    base, values = condition.operator.replace("Not", ""), set(condition.values)
    hit = Tri.DEPENDS
    if (
        (base in ("StringLike", "ArnLike", "ArnEquals") and "*" in values)
        or (base == "Bool" and {value.lower() for value in values} >= {"true", "false"})
        or (base == "IpAddress" and values >= {"0.0.0.0/0", "::/0"})
    ):
        hit = Tri.YES
    elif not values:
        hit = Tri.NO
    elif condition.key.lower() in CLOCKS and base.startswith(("Date", "Numeric")):
        is_older = condition.key.lower() == "aws:tokenissuetime"
        earliest = context.not_before - (_LONGEST_SESSION if is_older else timedelta())
        hit = some(_clock_matches(base, value, earliest) for value in values)
    return ~hit if is_negated(condition.operator) else hit


# A session may be that much older than the request: GetSessionToken's 36 hours are the longest.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
_LONGEST_SESSION = timedelta(hours=36)


def _clock_matches(operator: str, value: str, not_before: datetime) -> Tri:
    limit = date(value)
    if limit is None or limit >= not_before:
        return Tri.DEPENDS
    return tri("GreaterThan" in operator)


def _matches(operator: str, value: str, expected: str) -> bool:
    """Whether a request value satisfies a policy value; negated operators use their positive counterpart."""
    return _COMPARE[operator.replace("Not", "")](value, expected)


def _string_equals(value: str, expected: str) -> bool:
    return value == plain(expected)


def _string_equals_ignore_case(value: str, expected: str) -> bool:
    return value.lower() == plain(expected).lower()


def _string_like(value: str, expected: str) -> bool:
    return glob_literal(expected, value)


def arn_like(value: str, expected: str) -> bool:
    """Compare each of the six fields separately: a star never crosses the first five colons."""
    if expected == "*":
        return True
    fields, parts = expected.split(":", 5), value.split(":", 5)
    return len(fields) == len(parts) == 6 and all(
        glob_literal(field, part) for field, part in zip(fields, parts, strict=True)
    )


def _bool(value: str, expected: str) -> bool:
    return value.lower() == expected.lower()


def _binary(value: str, expected: str) -> bool:
    try:
        return base64.b64decode(value, validate=True) == base64.b64decode(expected, validate=True)
    except ValueError:
        return value == expected


def _ip(value: str, expected: str) -> bool:
    within, address = network(expected), _address(value)
    return within is not None and address is not None and address.version == within.version and address in within


@lru_cache(maxsize=4096)
def network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def share_of_the_internet(ranges: Iterable[str]) -> Fraction:
    """The share of all IPv4 or of all IPv6 addresses that the ranges cover together, whichever is larger."""
    networks = [net for text in ranges if (net := network(text)) is not None]
    four = ipaddress.collapse_addresses(net for net in networks if isinstance(net, ipaddress.IPv4Network))
    six = ipaddress.collapse_addresses(net for net in networks if isinstance(net, ipaddress.IPv6Network))
    sizes = sum(net.num_addresses for net in four), sum(net.num_addresses for net in six)
    return max(Fraction(sizes[0], 2**32), Fraction(sizes[1], 2**128))


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text := text.strip()) else None


def date(text: str) -> datetime | None:
    """Parse ISO 8601 in the forms that AWS accepts (also a year or month alone), or seconds since 1970."""
    text = text.strip()
    try:
        if text.replace(".", "", 1).isdigit() and len(text) != 4:
            return datetime.fromtimestamp(float(text), UTC)
        moment = datetime.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ordered(
    read: Callable[[str], Decimal | None] | Callable[[str], datetime | None], compare: str
) -> Callable[[str, str], bool]:
    def compared(value: str, expected: str) -> bool:
        left, right = read(value), read(expected)
        if left is None or right is None:
            return False
        return bool(getattr(left, compare)(right))

    return compared


_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _string_equals,
    "StringEqualsIgnoreCase": _string_equals_ignore_case,
    "StringLike": _string_like,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": _bool,
    "BinaryEquals": _binary,
    "IpAddress": _ip,
}
for _kind, _read in (("Numeric", number), ("Date", date)):
    for _suffix, _compare in (
        ("Equals", "__eq__"),
        ("LessThan", "__lt__"),
        ("LessThanEquals", "__le__"),
        ("GreaterThan", "__gt__"),
        ("GreaterThanEquals", "__ge__"),
    ):
        _COMPARE[_kind + _suffix] = _ordered(_read, _compare)
