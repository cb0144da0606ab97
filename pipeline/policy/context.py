"""The context of a request: keys that are present with values, absent, or not known.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pipeline.policy.match import literal
from pipeline.policy.tri import Tri

Value = str | bool | int | float | Iterable[str]

# AWS sends these with every request, whoever makes it.
ALWAYS_SENT = frozenset(
    {
        "aws:currenttime",
        "aws:epochtime",
        "aws:securetransport",
        "aws:useragent",
        "aws:requestedregion",
        "aws:viaawsservice",
    }
)
# ... and these with every request that an IAM principal signs.
ALWAYS_SIGNED = frozenset(
    {"aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:userid", "aws:principalisawsservice"}
)
# Sent only when a service calls on its own behalf, never when a principal calls.
SENT_BY_SERVICES = frozenset(
    {"aws:sourceaccount", "aws:sourcearn", "aws:sourceowner", "aws:sourceorgid", "aws:sourceorgpaths"}
    | {"aws:principalservicename", "aws:principalservicenameslist"}
)
# Sent only with a role's session, never by a user or root.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
ROLE_SESSIONS_ONLY = frozenset({"aws:sourceidentity", "aws:federatedprovider", "aws:assumedroot"})
# Their values only grow: a request cannot arrive before `not_before`.
CLOCKS = frozenset({"aws:currenttime", "aws:epochtime", "aws:tokenissuetime"})
# No request judged here is older than the first release; callers that know the night's date pass it instead.
FIRST_RELEASE = datetime(2026, 11, 1, tzinfo=UTC)


def _nothing(key: str) -> bool:
    return False


@dataclass(frozen=True)
class Context:
    """Known keys (lower case), and how to treat the others.

    `complete`: keys not in `values` are absent. Otherwise they may have any value, unless `is_absent(key)` or
    `key in present` says more. `not_before`: no evaluated request is earlier (decides date conditions in the past).
    """

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    complete: bool = True
    present: frozenset[str] = frozenset()
    is_absent: Callable[[str], bool] = _nothing
    not_before: datetime = FIRST_RELEASE

    @classmethod
    def of(
        cls, keys: Mapping[str, Value] | None = None, *, complete: bool = True, not_before: datetime = FIRST_RELEASE
    ) -> Context:
        """Build from a mapping of keys, in any letter case, to a value or several."""
        values = {key.lower(): strings(value) for key, value in (keys or {}).items()}
        return cls(values, complete, not_before=not_before)

    def with_defaults(self, defaults: Mapping[str, Value]) -> Context:
        """A copy with more known keys; existing values are kept."""
        more = {key.lower(): strings(value) for key, value in defaults.items()}
        return Context({**more, **self.values}, self.complete, self.present, self.is_absent, self.not_before)

    def lookup(self, key: str) -> tuple[Tri, tuple[str, ...] | None]:
        """(whether the key is in the request, its values or None if not known). An empty list means an absent key."""
        name = key.lower()
        if name in self.values:
            values = self.values[name]
            return (Tri.YES, values) if values else (Tri.NO, None)
        if self.complete or self.is_absent(name):
            return Tri.NO, None
        return (Tri.YES if name in self.present or name in ALWAYS_SENT else Tri.DEPENDS), None

    def expand(self, pattern: str) -> str | Tri:
        """The pattern with its policy variables expanded; NO if a variable has no value, DEPENDS if it is not known.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
        """
        out, rest = "", pattern
        while (start := rest.find("${")) >= 0 and (end := rest.find("}", start)) >= 0:
            value = self._variable(rest[start + 2 : end])
            if isinstance(value, Tri):
                return value
            out += rest[:start] + literal(value)
            rest = rest[end + 1 :]
        return out + rest

    def _variable(self, inside: str) -> str | Tri:
        if inside in ("*", "?", "$"):
            return inside
        name, comma, default = inside.partition(",")
        is_present, values = self.lookup(name.strip())
        if is_present is Tri.NO:
            return default.strip().strip("'") if comma else Tri.NO
        if values is None:
            return Tri.DEPENDS
        return values[0] if len(values) == 1 else Tri.NO


def strings(value: Value) -> tuple[str, ...]:
    if isinstance(value, bool):
        return (str(value).lower(),)
    if isinstance(value, (str, int, float)):
        return (str(value),)
    return tuple(str(item) for item in value)
