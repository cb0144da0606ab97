"""Exceptions in guardrails, and whether the principals that the guardrail should stop can use them.

An exception is only as strong as the controls that keep others from using it. If, under the same policies, an
administrator of the account can create an exempt principal, change the trust policy or keys of one, or tag itself,
the exception is a loophole. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.policy.callers import Caller, caller
from pipeline.policy.conditions import is_negated
from pipeline.policy.context import Value
from pipeline.policy.document import Condition
from pipeline.policy.guards import Guard, is_denied
from pipeline.policy.match import common_arn, without_variables
from pipeline.policy.principal import FRESH
from pipeline.policy.request import Evidence

_TAG = "aws:principaltag/"


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exception in a Deny, as "key operator value"; `arn`, with `tags`, is an exempt principal of the account."""

    text: str
    arn: str
    tags: Mapping[str, Value]

    @property
    def who(self) -> Caller:
        return caller(self.arn)


@dataclass(frozen=True, slots=True)
class Loophole:
    """An exception, and the actions with resources by which an administrator can use it."""

    exception: str
    steps: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        steps = ", ".join(f"{action} on {resource.replace(FRESH, '*')}" for action, resource in self.steps)
        return f"{self.exception}: {steps}"


def exemptions(evidence: Iterable[Evidence], guard: Guard) -> Iterator[Exemption]:
    """The principals of the account that the deciding Deny statements exempt."""
    for condition in deciding_conditions(evidence, guard):
        key = condition.key.lower()
        if not is_negated(condition.operator):
            continue
        for value in condition.values:
            text = f"{condition.key} {condition.operator} {value}"
            if key == "aws:principalarn":
                yield from (Exemption(text, arn, {}) for arn in _arns(value, guard))
            elif key.startswith(_TAG):
                tag = {condition.key: without_variables(value, FRESH).replace("*", FRESH)}
                yield Exemption(text, _fresh_role(guard), tag)


def deciding_conditions(evidence: Iterable[Evidence], guard: Guard) -> Iterator[Condition]:
    deciding = {(hit.policy, hit.index) for hit in evidence if hit.effect == "Deny"}
    for level in guard.levels:
        for policy in level:
            for statement in policy.document.statements if policy.document else ():
                if (policy.name, statement.index) in deciding:
                    yield from statement.conditions


def way_in(exemption: Exemption, guard: Guard) -> tuple[tuple[str, str], ...] | None:
    """The actions by which an administrator of the account can use the exception, or None."""
    ways = _by_tag(exemption, guard) if exemption.tags else _by_name(exemption)
    me = caller(_fresh_role(guard))
    for way in ways:
        for setting in guard.settings():
            decisions = (guard.decide(me, action, resource, keys, setting) for action, resource, keys in way)
            if not any(is_denied(decision) for decision in decisions):
                return tuple((action, resource) for action, resource, _ in way)
    return None


_Way = list[tuple[str, str, Mapping[str, Value]]]


def _by_name(exemption: Exemption) -> Iterator[_Way]:
    arn, free = exemption.arn, {"iam:PermissionsBoundary": ()}
    if ":user/" in arn:
        yield [("iam:CreateUser", arn, free), ("iam:PutUserPolicy", arn, free), ("iam:CreateAccessKey", arn, {})]
        yield [("iam:CreateAccessKey", arn, {})]
        yield [("iam:UpdateUser", arn.rsplit("/", 1)[0] + f"/{FRESH}{FRESH}", {}), ("iam:UpdateUser", arn, {})]
        return
    yield [("iam:CreateRole", arn, free), ("iam:PutRolePolicy", arn, free), ("sts:AssumeRole", arn, {})]
    yield [("iam:CreateRole", arn, free), ("iam:AttachRolePolicy", arn, free), ("sts:AssumeRole", arn, {})]
    yield [("iam:UpdateAssumeRolePolicy", arn, {}), ("sts:AssumeRole", arn, {})]


def _by_tag(exemption: Exemption, guard: Guard) -> Iterator[_Way]:
    """Ways that tag the caller, a new role or user, or a role session."""
    tags = {key.split("/", 1)[1]: value for key, value in exemption.tags.items()}
    keys: dict[str, Value] = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    keys |= {"aws:TagKeys": tuple(tags)}
    role = _fresh_role(guard)
    user = role.replace(":role/", ":user/")
    yield [("iam:TagRole", role, keys)]
    yield [("sts:AssumeRole", role, keys), ("sts:TagSession", role, keys)]
    keys_of_new: Mapping[str, Value] = {**keys, "iam:PermissionsBoundary": ()}
    yield [("iam:CreateRole", role, keys_of_new), ("iam:TagRole", role, keys), ("iam:PutRolePolicy", role, {})]
    yield [("iam:TagUser", user, keys), ("iam:CreateAccessKey", user, {})]


def _arns(pattern: str, guard: Guard) -> Iterator[str]:
    """A role and a user of the account that match the pattern."""
    for kind in ("role", "user"):
        arn = common_arn(pattern, f"arn:{guard.site.partition}:iam::{guard.site.account}:{kind}/*", FRESH)
        if arn:
            yield arn


def _fresh_role(guard: Guard) -> str:
    return f"arn:{guard.site.partition}:iam::{guard.site.account}:role/{FRESH}"
