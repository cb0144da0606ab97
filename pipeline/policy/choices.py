"""Circumstances of a request that its caller chooses: network, Region, MFA, time, tags and parameters of the request.

For each condition key that policies check: the values worth trying, at least one for every way in which the
conditions can treat the key. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations

from pipeline.policy.conditions import condition_holds, date, network, number
from pipeline.policy.context import CLOCKS, Context, Value, strings
from pipeline.policy.document import Condition, Document
from pipeline.policy.match import common_text, plain, without_variables
from pipeline.policy.partitions import regions
from pipeline.policy.principal import FRESH
from pipeline.policy.tri import Tri

Choice = Mapping[str, Value]
"""Keys (lower case) with values that a request can have together; an empty value is an absent key."""

ABSENT: tuple[str, ...] = ()
_ADDRESS = "aws:sourceip"
# Sent with every request through a VPC endpoint, which then has no aws:SourceIp; and never otherwise.
_ENDPOINT = ("aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip")
_OF_ENDPOINT = (*_ENDPOINT, "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths")
_MFA, _MFA_AGE = "aws:multifactorauthpresent", "aws:multifactorauthage"
_REGION = "aws:requestedregion"
_ANYWHERE = "192.0.2.77"


class Choices:
    """The choices of a caller under these conditions, by lower-case key."""

    def __init__(self, conditions: Mapping[str, Sequence[Condition]], partition: str, not_before: datetime) -> None:
        self._conditions = conditions
        self._partition = partition
        self._not_before = not_before

    def of(self, key: str, context: Context) -> list[Choice]:
        """What a caller can choose for the key (lower case), given what the context has; one choice of those that all
        conditions treat alike.
        """
        told_apart: dict[tuple[Tri, ...], Choice] = {}
        for choice in self._all(key, context):
            with_it = replace(context, values={**context.values, **{name: strings(to) for name, to in choice.items()}})
            conditions = (condition for name in choice for condition in self._conditions.get(name, ()))
            told_apart.setdefault(tuple(condition_holds(condition, with_it) for condition in conditions), choice)
        return list(told_apart.values())

    def _all(self, key: str, context: Context) -> Iterator[Choice]:
        if key in (_ADDRESS, *_OF_ENDPOINT):
            yield from self._networks(key, context)
        elif special := self._special(key):
            yield from special()
        else:
            absent = () if context.lookup(key)[0] is Tri.YES else (ABSENT,)
            yield from ({key: value} for value in (*self.values(key, context), *absent))

    def values(self, key: str, context: Context) -> list[Value]:
        """Values that the conditions on the key tell apart."""
        conditions = self._conditions.get(key, ())
        if key == "aws:userid":
            return [*dict.fromkeys(_user_id(value, context) for one in conditions for value in one.values)]
        texts = dict.fromkeys(text for condition in conditions for text in _values(condition, context))
        texts |= dict.fromkeys(_in_common(conditions))
        is_typed = any(not condition.operator.startswith(("String", "Arn", "Null")) for condition in conditions)
        several = [(*texts,)] if any(condition.qualifier for condition in conditions) and len(texts) > 1 else []
        return [*texts, *([] if is_typed and texts else [FRESH]), *several]

    def _special(self, key: str) -> Callable[[], Iterator[Choice]] | None:
        if key == _REGION:
            return self._regions
        if key in (_MFA, _MFA_AGE):
            return self._logins
        return (lambda: self._moments(key)) if key in CLOCKS else None

    def _regions(self) -> Iterator[Choice]:
        """The Regions of the partition, and others that the conditions name."""
        named = (value for one in self._conditions.get(_REGION, ()) for value in one.values)
        known = dict.fromkeys((*regions(self._partition), *(value for value in named if not set("*?$") & set(value))))
        yield from ({_REGION: region} for region in known)

    def _networks(self, key: str, context: Context) -> Iterator[Choice]:
        """An address of each network, without VPC endpoint; and any endpoint."""
        without_endpoint = dict.fromkeys(_OF_ENDPOINT, ABSENT)
        if _ADDRESS in context.values:
            is_through = not context.values[_ADDRESS]
            absent = () if key in _ENDPOINT else (ABSENT,)
            values = (*self.values(key, context), *absent)
            yield from ({key: value} for value in values) if is_through else [without_endpoint]
            return
        networks = [network(value) for one in self._conditions.get(_ADDRESS, ()) for value in one.values]
        addresses = (text for one in networks if one for text in _around(one))
        for address in dict.fromkeys((_ANYWHERE, *addresses)):
            yield {_ADDRESS: address, **without_endpoint}
        yield {_ADDRESS: ABSENT}

    def _logins(self) -> Iterator[Choice]:
        """With a long-term key, with a session without MFA, and with MFA, however long ago."""
        yield {_MFA: ABSENT, _MFA_AGE: ABSENT}
        yield {_MFA: False, _MFA_AGE: ABSENT}
        ages = (text for one in self._conditions.get(_MFA_AGE, ()) for text in _values(one, Context()))
        for age in dict.fromkeys(("60", *ages)):
            yield {_MFA: True, _MFA_AGE: age}

    def _moments(self, key: str) -> Iterator[Choice]:
        """Times from now on, around those in the conditions; for all clocks alike."""
        named = (date(value) for clock in CLOCKS for one in self._conditions.get(clock, ()) for value in one.values)
        around = (moment + timedelta(seconds=by) for moment in named if moment for by in (-1, 0, 1))
        later = dict.fromkeys(moment for moment in around if moment >= self._not_before)
        for moment in (self._not_before, *later):
            clocks = CLOCKS - {"aws:tokenissuetime"} if key != "aws:tokenissuetime" else {key}
            yield {clock: _written(clock, moment) for clock in sorted(clocks)}


def by_key(documents: Iterable[Document]) -> Mapping[str, list[Condition]]:
    """The conditions of the documents by their key, in lower case."""
    conditions: dict[str, list[Condition]] = defaultdict(list)
    for document in documents:
        for statement in document.statements:
            for condition in statement.conditions:
                conditions[condition.key.lower()].append(condition)
    return conditions


def _written(clock: str, moment: datetime) -> str:
    return str(int(moment.timestamp())) if clock == "aws:epochtime" else moment.isoformat().replace("+00:00", "Z")


def _around(one: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Iterator[str]:
    """The first address of the network and the next one behind it: one of each lies in every overlap of networks."""
    yield str(one.network_address)
    if int(one.broadcast_address) < 2**one.max_prefixlen - 1:
        yield str(one.broadcast_address + 1)


def _values(condition: Condition, context: Context) -> Iterator[str]:
    """Values on each side of what the condition compares with."""
    base = condition.operator.replace("Not", "")
    for value in condition.values:
        if base.startswith("Numeric"):
            limit = number(value)
            yield from (str(limit + by) for by in (-1, 0, 1) if limit is not None)
        elif base.startswith("Date"):
            moment = date(value)
            yield from (_written("", moment + timedelta(seconds=by)) for by in (-1, 0, 1) if moment is not None)
        elif base == "IpAddress":
            within = network(value)
            yield from (_ANYWHERE, *(_around(within) if within else ()))
        elif base == "Bool":
            yield from ("true", "false")
        elif base != "Null":
            expanded = context.expand(value)
            text = without_variables(value, FRESH) if isinstance(expanded, Tri) else plain(expanded)
            yield (common_text(text, "*", FRESH) or text) if _is_pattern(base) else text


def _is_pattern(operator: str) -> bool:
    return operator.endswith("Like") or operator.startswith("Arn")


def _in_common(conditions: Iterable[Condition]) -> Iterator[str]:
    """Texts that match two patterns at once."""
    patterns = dict.fromkeys(
        value for one in conditions if _is_pattern(one.operator) for value in one.values if "*" in value
    )
    for left, right in combinations(list(patterns)[:_PATTERNS_COMPARED], 2):
        text = common_text(left, right, FRESH)
        if text and "${" not in text:
            yield text


_PATTERNS_COMPARED = 8


def _user_id(pattern: str, context: Context) -> str:
    """A user id like the pattern, if the caller can have it: the id is IAM's choice, a session's name the caller's."""
    own = "AIDAZQ7X" if context.values.get("aws:principaltype") == ("User",) else "AROAZQ7X:*"
    return common_text(pattern, own, FRESH) or own.replace("*", FRESH)
