"""What a principal can do by its identity policies, boundary, session policies and SCPs together, for hypothetical
requests.

A verdict is Allowed or denied only if no request could change it; otherwise it is Depends and names the
condition keys that it depends on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from pipeline.policy import actions
from pipeline.policy.callers import Caller, account_of, caller
from pipeline.policy.context import (
    ALWAYS_SIGNED,
    FIRST_RELEASE,
    ROLE_SESSIONS_ONLY,
    SENT_BY_SERVICES,
    Context,
    Value,
    strings,
)
from pipeline.policy.document import Document
from pipeline.policy.evaluate import evaluate
from pipeline.policy.partitions import home_region, partition_of
from pipeline.policy.request import Decision, Policies, Policy, Request, Verdict
from pipeline.policy.tri import Tri

# Stands for a name no policy mentions: only a pattern that is really open covers it.
FRESH = "zq7x"
# IAM and a few others answer from one Region of each partition, whatever Region the caller works in.
_GLOBAL_SERVICES = frozenset({"iam", "organizations", "account", "cloudfront", "route53"})


@dataclass(frozen=True, eq=False)
class Principal:
    """`policies`: inline, managed, and those of the user's groups. `facts`: known context keys of the principal
    (organization id and path). `places`: {account: known keys of its resources}, such as aws:ResourceOrgID.

    `scp_levels` and `session` as in `Policies`. `groups`: ARNs of the user's groups; `tags`: the user's or role's own;
    both None if not known. `takes_session_tags`: whether a role's sessions may carry other tags. `strong`: ARNs of the
    account's customer managed policies that allow everything: what it would attach.
    """

    arn: str
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    scp_levels: tuple[tuple[Policy, ...], ...] | None = None
    management_account: str = ""
    groups: tuple[str, ...] | None = None
    facts: Mapping[str, Value] = field(default_factory=dict)
    places: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    tags: Mapping[str, str] | None = None
    takes_session_tags: bool = True
    not_before: datetime = FIRST_RELEASE
    strong: tuple[str, ...] = ()

    @cached_property
    def caller(self) -> Caller:
        return caller(self.arn)

    @property
    def account(self) -> str:
        return self.caller.account

    @property
    def kind(self) -> str:
        """user, role, session, root or federated-user."""
        return self.caller.kind

    @cached_property
    def limits(self) -> tuple[Policy, ...]:
        """All policies that can only restrict."""
        scps = tuple(policy for level in self.scp_levels or () for policy in level)
        return (*((self.boundary,) if self.boundary else ()), *(self.session or ()), *scps)

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        return tuple(policy.document for policy in (*self.policies, *self.limits) if policy.document)

    @property
    def customer_policies(self) -> tuple[str, ...]:
        """The ARNs of its customer managed policies."""
        return tuple(policy.arn for policy in self.policies if policy.arn and ":iam::aws:" not in policy.arn)

    @property
    def unreadable(self) -> tuple[Policy, ...]:
        return tuple(policy for policy in (*self.policies, *self.limits) if policy.document is None)

    def context(self, action: str, more: Mapping[str, Value] | None = None, resource: str = "") -> Context:
        """The keys that are certain for any request of this principal for the action (on the resource); others stay
        open.
        """
        values = {**self._certain, **{key.lower(): strings(value) for key, value in (more or {}).items()}}
        if region := self.region(action, resource):
            values.setdefault("aws:requestedregion", (region,))

        def is_absent(key: str) -> bool:
            return self._never_sends(key) or actions.key_reaches(action, key) is False

        return Context(values, False, self._always_sent, is_absent, self.not_before)

    def region(self, action: str, resource: str = "") -> str:
        """The Region of a request, if service or ARN determine it."""
        if action.partition(":")[0].lower() in _GLOBAL_SERVICES:
            return home_region(self.caller.partition)
        fields = resource.split(":", 4)
        named = fields[3] if len(fields) == 5 else ""
        return named if named and partition_of(named) == self.caller.partition else ""

    def _never_sends(self, key: str) -> bool:
        if key in SENT_BY_SERVICES or ":" not in key:
            return self.kind != "service" or ":" not in key
        if key.startswith(_TAG):
            return self._tags_are_fixed and key not in self._certain
        if self.kind in ("role", "session"):
            return key == "aws:username"
        if self.kind != "user":
            return key == "aws:username" or key in ROLE_SESSIONS_ONLY
        from_provider = key.startswith("saml:") or "." in key.partition(":")[0]
        return from_provider or key in actions.FROM_CREDENTIALS or key in ROLE_SESSIONS_ONLY

    @property
    def _tags_are_fixed(self) -> bool:
        """Whether every request has exactly the principal's own tags."""
        return self.tags is not None and (self.kind == "user" or not self.takes_session_tags)

    @cached_property
    def _always_sent(self) -> frozenset[str]:
        if self.kind not in ("role", "session"):
            return ALWAYS_SIGNED
        return ALWAYS_SIGNED | {"aws:tokenissuetime"} | {_TAG + key.lower() for key in self.tags or ()}

    @cached_property
    def _certain(self) -> Mapping[str, tuple[str, ...]]:
        tags = {_TAG + key: value for key, value in (self.tags or {}).items()} if self._tags_are_fixed else {}
        return Context.of({"aws:SecureTransport": True, **self.caller.context(), **tags, **self.facts}).values


_TAG = "aws:principaltag/"


def can(
    principal: Principal,
    action: str,
    resource: str,
    context: Mapping[str, Value] | Context | None = None,
    resource_policy: Policy | None = None,
    rcp_levels: Sequence[Sequence[Policy]] | None = None,
    account: str = "",
) -> Decision:
    """Whether the principal may do this. `context`: known keys of the request (a mapping leaves other keys open; a
    Context is used as it is). `account`: the owner of the resource, if not in its ARN; without it, the owner of a
    bucket is unknown, never assumed to be the principal's account.

    Without the resource's own policy, a request to another account is Depends, and a role's trust policy or a key
    policy is ignored; with NOT_READ, it makes the result Depends. `rcp_levels`: the resource control policies of the
    resource's account.
    """
    owner = account or account_of(resource)
    taken_for = owner or ("" if _may_be_of_others(resource) else principal.account)
    keys = context if isinstance(context, Context) else principal.context(action, context, resource)
    if place := principal.places.get(taken_for):
        keys = keys.with_defaults(place)
    request = Request.made(principal.caller, action, resource, keys, owner, taken_for)
    policies = Policies(
        principal.policies,
        principal.boundary,
        principal.session,
        resource_policy,
        principal.scp_levels,
        rcp_levels,
        principal.management_account,
    )
    return evaluate(request, policies)


NOT_READ = Policy.read("the resource's policy", None)
"""Stands for an existing resource policy that was not read."""


def _may_be_of_others(resource: str) -> bool:
    """Whether the owner is unknown from the ARN: buckets and their objects. Other resources without account in the ARN
    are only used within one's own account, or have no resource policy.
    """
    fields = resource.split(":", 5)
    return len(fields) == 6 and fields[2] == "s3" and not fields[4]


def answer(decision: Decision) -> Tri:
    return {Verdict.ALLOWED: Tri.YES, Verdict.DEPENDS: Tri.DEPENDS}.get(decision.verdict, Tri.NO)
