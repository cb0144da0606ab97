"""Exceptions in guardrails, and whether the principals that the guardrail should stop can use them.

An exception is only as strong as the controls that keep others from using it. If, under the same policies, an
administrator of the account can create an exempt principal, change the trust policy or keys of one, or tag itself,
the exception is a loophole. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product

from pipeline.policy.callers import Caller, caller
from pipeline.policy.context import Value
from pipeline.policy.document import Condition, Statement
from pipeline.policy.guards import Guard, is_denied
from pipeline.policy.match import common_arn, common_text, without_variables
from pipeline.policy.principal import FRESH
from pipeline.policy.request import Evidence

_TAG = "aws:principaltag/"
_NAMES = ("aws:principalarn", "aws:username")
_MOST_TAGS = 3


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exception in a Deny, as "key operator value"; `arn`, with `tags`, is an exempt principal of the account."""

    text: str
    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def who(self) -> Caller:
        return caller(self.arn)

    @property
    def keys(self) -> Mapping[str, Value]:
        return {_TAG + key: value for key, value in self.tags.items()}


@dataclass(frozen=True, slots=True)
class Loophole:
    """An exception, and the actions with resources by which an administrator can use it."""

    exception: str
    steps: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        steps = ", ".join(f"{action} on {resource.replace(FRESH, '*')}" for action, resource in self.steps)
        return f"{self.exception}: {steps}"


def exemptions(evidence: Iterable[Evidence], guard: Guard) -> Iterator[Exemption]:
    """The principals of the account that the deciding Deny statements may exempt: by name, by tag, by several tags."""
    by_tag: dict[str, dict[str, str]] = {}
    for condition in deciding_conditions(evidence, guard):
        key = condition.key.lower()
        for value in condition.values:
            text = f"{condition.key} {condition.operator} {value}"
            if key in _NAMES:
                yield from (Exemption(text, arn) for arn in _arns(key, value, guard))
            elif key.startswith(_TAG):
                for tag in _tag_values(condition, value):
                    by_tag.setdefault(condition.key.split("/", 1)[1], {}).setdefault(tag, text)
    for amount in range(1, min(len(by_tag), _MOST_TAGS) + 1):
        for keys in combinations(by_tag, amount):
            for values in product(*(by_tag[key].items() for key in keys)):
                tags = {key: tag for key, (tag, _) in zip(keys, values, strict=True)}
                text = " and ".join(text for _, text in values)
                yield from (Exemption(text, _fresh(kind, guard), tags) for kind in ("role", "user"))


def _tag_values(condition: Condition, value: str) -> tuple[str, ...]:
    """A tag that the value matches, and one that it does not."""
    if condition.operator == "Null":
        return (FRESH,)
    text = without_variables(value, FRESH)
    return (text.replace("*", FRESH).replace("?", "z"), FRESH)


def deciding_conditions(evidence: Iterable[Evidence], guard: Guard) -> Iterator[Condition]:
    for statement in deciding(evidence, guard):
        yield from statement.conditions


def deciding(evidence: Iterable[Evidence], guard: Guard) -> Iterator[Statement]:
    """The Deny statements among the evidence."""
    denies = {(hit.policy, hit.index) for hit in evidence if hit.effect == "Deny"}
    for level in guard.levels:
        for policy in level:
            for statement in policy.document.statements if policy.document else ():
                if (policy.name, statement.index) in denies:
                    yield statement


def way_in(exemption: Exemption, guard: Guard) -> tuple[tuple[str, str], ...] | None:
    """The actions by which an administrator of the account can use the exception, or None."""
    ways = _by_tag(exemption) if exemption.tags else _by_name(exemption)
    me = caller(_fresh("role", guard))
    for way in ways:
        if all(_may(me, action, resource, keys, guard) for action, resource, keys in way):
            return tuple((action, resource) for action, resource, _ in way)
    return None


def _may(me: Caller, action: str, resource: str, keys: Mapping[str, Value], guard: Guard) -> bool:
    return any(not is_denied(decision) for decision in guard.attempts(me, action, resource, keys))


_Way = list[tuple[str, str, Mapping[str, Value]]]


def _by_name(exemption: Exemption) -> Iterator[_Way]:
    arn, free = exemption.arn, {"iam:PermissionsBoundary": ()}
    if ":user/" in arn:
        yield [("iam:CreateUser", arn, free), ("iam:PutUserPolicy", arn, free), ("iam:CreateAccessKey", arn, {})]
        for action in ("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"):
            yield [(action, arn, {})]
        yield [("iam:UpdateUser", arn.rsplit("/", 1)[0] + f"/{FRESH}{FRESH}", {}), ("iam:UpdateUser", arn, {})]
        return
    yield [("iam:CreateRole", arn, free), ("iam:PutRolePolicy", arn, free), ("sts:AssumeRole", arn, {})]
    yield [("iam:CreateRole", arn, free), ("iam:AttachRolePolicy", arn, free), ("sts:AssumeRole", arn, {})]
    yield [("iam:UpdateAssumeRolePolicy", arn, {}), ("sts:AssumeRole", arn, {})]


def _by_tag(exemption: Exemption) -> Iterator[_Way]:
    """Ways that tag the caller, a new role or user, or a role session."""
    tags, arn = exemption.tags, exemption.arn
    keys: dict[str, Value] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    keys |= {"aws:TagKeys": tuple(tags)}
    keys_of_new: Mapping[str, Value] = {**keys, "iam:PermissionsBoundary": ()}
    if exemption.who.kind == "user":
        yield [("iam:TagUser", arn, keys), ("iam:CreateAccessKey", arn, {})]
        yield [("iam:CreateUser", arn, keys_of_new), ("iam:TagUser", arn, keys), ("iam:CreateAccessKey", arn, {})]
        return
    yield [("iam:TagRole", arn, keys)]
    yield [("sts:AssumeRole", arn, keys), ("sts:TagSession", arn, keys)]
    yield [("iam:CreateRole", arn, keys_of_new), ("iam:TagRole", arn, keys), ("iam:PutRolePolicy", arn, {})]


def _arns(key: str, pattern: str, guard: Guard) -> Iterator[str]:
    """A role and a user of the account that match the pattern of names."""
    own = f"arn:{guard.site.partition}:iam::{guard.site.account}"
    if key == "aws:username":
        yield f"{own}:user/" + (common_text(pattern, "*", FRESH) or pattern)
        return
    for kind in ("role", "user"):
        arn = common_arn(pattern, f"{own}:{kind}/*", FRESH)
        if arn:
            yield arn


def _fresh(kind: str, guard: Guard) -> str:
    return f"arn:{guard.site.partition}:iam::{guard.site.account}:{kind}/{FRESH}"
