"""Evaluates SCPs and RCPs for requests of an otherwise unrestricted administrator, in circumstances of its choice.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from pipeline.policy.callers import Caller
from pipeline.policy.choices import Choice, Choices, by_key
from pipeline.policy.context import FIRST_RELEASE, ROLE_SESSIONS_ONLY, SENT_BY_SERVICES, Context, Value
from pipeline.policy.document import Condition, Document
from pipeline.policy.evaluate import evaluate
from pipeline.policy.principal import Principal
from pipeline.policy.request import Decision, Policies, Policy, Request, Verdict

Levels = Sequence[Sequence[Policy]]


@dataclass(frozen=True, slots=True)
class Site:
    """The evaluated account. Unknown facts about the organization ("") remain unknown: results that need them are
    DEPENDS. `not_before`: no evaluated request is earlier.
    """

    account: str
    partition: str = "aws"
    org_id: str = ""
    org_path: str = ""
    not_before: datetime = FIRST_RELEASE


@dataclass(frozen=True)
class Guard:
    """The control policies in force for an account; `kind` scp or rcp, `levels` root first, account last."""

    kind: str
    levels: Levels
    site: Site

    def attempts(
        self, who: Caller, action: str, resource: str, keys: Mapping[str, Value] | None = None
    ) -> Iterator[Decision]:
        """The decisions on the request in all circumstances that its caller can choose and that decide; ends with the
        first that allows. `keys`: those that are given. If there are too many to try, the last one is DEPENDS.
        """
        waiting: list[dict[str, Value]] = [{key.lower(): value for key, value in (keys or {}).items()}]
        for _ in range(_MOST_ATTEMPTS):
            if not waiting:
                return
            given = waiting.pop()
            context = self._context(who, action, resource, given)
            decision = self._decide(who, action, resource, context)
            choices = self._choices(decision, context)
            if choices:
                waiting += [{**given, **choice} for choice in reversed(choices)]
                continue
            yield decision
            if decision.verdict is Verdict.ALLOWED:
                return
        if waiting:
            yield Decision(Verdict.DEPENDS, "more circumstances decide than were tried")

    def _choices(self, decision: Decision, context: Context) -> list[Choice]:
        """What the caller can choose for the first open key that the decision depends on."""
        open_keys = (key.lower() for key in decision.unknown_keys if decision.verdict is Verdict.DEPENDS)
        key = next((key for key in open_keys if key not in _FACTS and key not in context.values), None)
        return self._chosen.of(key, context) if key else []

    def _decide(self, who: Caller, action: str, resource: str, context: Context) -> Decision:
        policies = Policies([_ALLOW], scp_levels=self.levels)
        if self.kind == "rcp":
            policies = Policies([_ALLOW], resource=_OPEN, rcp_levels=self.levels)
        return evaluate(Request(who, action, resource, context, self.site.account), policies)

    def _context(self, who: Caller, action: str, resource: str, given: Mapping[str, Value]) -> Context:
        """The keys that are certain; others are the caller's choice, unless its requests never contain them."""
        facts: dict[str, Value] = {**{key: value for key, value in self._organization(who).items() if value}, **given}
        if who.is_aws_identity:
            is_own = who.account == self.site.account
            principal = Principal(
                who.arn, tags={} if is_own else None, takes_session_tags=not is_own, not_before=self.site.not_before
            )
            context = principal.context(action, {**_DIRECTLY, **facts}, resource)
            return Context(
                context.values,
                False,
                context.present,
                lambda key: _is_of_provider(key) or context.is_absent(key),
                self.site.not_before,
            )
        values = Context.of({"aws:SecureTransport": True, **_DIRECTLY, **who.context(), **facts}).values
        return Context(values, False, is_absent=_is_of_provider, not_before=self.site.not_before)

    def _organization(self, who: Caller) -> dict[str, Value]:
        paths = (self.site.org_path,) if self.site.org_path else ()
        facts: dict[str, Value] = {
            "aws:ResourceOrgID": self.site.org_id,
            "aws:ResourceOrgPaths": paths,
            "aws:ResourceAccount": self.site.account,
        }
        if who.is_aws_identity and who.account == self.site.account:
            facts |= {"aws:PrincipalOrgID": self.site.org_id, "aws:PrincipalOrgPaths": paths}
        return facts

    @property
    def documents(self) -> Iterator[Document]:
        return (policy.document for level in self.levels for policy in level if policy.document)

    @cached_property
    def conditions(self) -> Mapping[str, list[Condition]]:
        """The conditions of all policies by their key, in lower case."""
        return by_key(self.documents)

    @cached_property
    def _chosen(self) -> Choices:
        return Choices(self.conditions, self.site.partition, self.site.not_before)

    def named(self, key: str) -> list[str]:
        """The values that the policies compare with the condition key (lower case)."""
        return list(dict.fromkeys(value for one in self.conditions.get(key, ()) for value in one.values))


def is_denied(decision: Decision) -> bool:
    return decision.verdict in (Verdict.EXPLICITLY_DENIED, Verdict.IMPLICITLY_DENIED)


def _is_of_provider(key: str) -> bool:
    """Whether the key comes from an identity provider or from a service that acts for itself, or is none: no caller
    chooses it.
    """
    from_provider = key.startswith("saml:") or "." in key.partition(":")[0]
    return (
        from_provider
        or ":" not in key
        or (key in ROLE_SESSIONS_ONLY | SENT_BY_SERVICES and key != "aws:sourceidentity")
    )


_NEVER_CHOSEN = (ROLE_SESSIONS_ONLY - {"aws:sourceidentity"}) | SENT_BY_SERVICES
_MOST_ATTEMPTS = 2000
# Nobody chooses whose account and organization the principal and the resource are.
_FACTS = frozenset(
    {"aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount"}
    | {"aws:resourceorgid", "aws:resourceorgpaths", "aws:resourceaccount"}
)
# The caller calls itself; what services do on its behalf is not judged.
_DIRECTLY: dict[str, Value] = {
    "aws:ViaAWSService": False,
    **dict.fromkeys(("aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"), ()),
}
_ALLOW = Policy.read(
    "administrator", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
_OPEN = Policy.read(
    "open resource",
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}},
    "resource",
)
