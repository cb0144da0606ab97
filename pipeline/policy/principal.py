"""What one principal can do: its identity policies, boundary, session policies and SCPs together, over requests not
yet made.

A verdict is Allowed or denied only where no request could make it otherwise; else it is Depends and names the
condition keys it waits for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from pipeline.policy import actions
from pipeline.policy.callers import Caller, caller
from pipeline.policy.context import ALWAYS_SIGNED, SENT_BY_SERVICES, Context, Value, strings
from pipeline.policy.document import Document
from pipeline.policy.evaluate import Decision, Policies, Policy, Request, Verdict, evaluate
from pipeline.policy.tri import Tri

# Stands for a name no policy mentions: only a pattern that is really open covers it.
FRESH = "zq7x"
# No request judged here is older than the first release; callers that know the night's date pass it instead.
FIRST_RELEASE = datetime(2026, 11, 1, tzinfo=UTC)

# IAM and a few others answer from one Region of each partition, whatever Region the caller works in.
_GLOBAL_SERVICES = frozenset({"iam", "organizations", "account", "cloudfront", "route53"})
_HOME_REGION = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1", "aws-eusc": "eusc-de-east-1"}


@dataclass(frozen=True, eq=False)
class Principal:
    """`policies`: inline, managed, and those of the user's groups. `facts`: context keys known of the principal
    (organization id, tags).

    `scp_levels` and `session` as in `Policies`. `groups`: ARNs of the user's groups, None where they are not known.
    """

    arn: str
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    scp_levels: tuple[tuple[Policy, ...], ...] | None = None
    management_account: str = ""
    groups: tuple[str, ...] | None = None
    facts: Mapping[str, Value] = field(default_factory=dict)
    not_before: datetime = FIRST_RELEASE

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
        """Every policy that can only take away."""
        scps = tuple(policy for level in self.scp_levels or () for policy in level)
        return (*((self.boundary,) if self.boundary else ()), *(self.session or ()), *scps)

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        return tuple(policy.document for policy in (*self.policies, *self.limits) if policy.document)

    @property
    def customer_policies(self) -> tuple[str, ...]:
        """The ARNs of the customer managed policies it holds."""
        return tuple(policy.arn for policy in self.policies if policy.arn and ":iam::aws:" not in policy.arn)

    @property
    def unreadable(self) -> tuple[Policy, ...]:
        return tuple(policy for policy in (*self.policies, *self.limits) if policy.document is None)

    def context(self, action: str, known: Mapping[str, Value] | None = None) -> Context:
        """What is certain about any request of this principal for the action; everything else stays open."""
        values = {**self._certain, **{key.lower(): strings(value) for key, value in (known or {}).items()}}
        if action.partition(":")[0].lower() in _GLOBAL_SERVICES:
            values.setdefault("aws:requestedregion", (_HOME_REGION.get(self.caller.partition, "us-east-1"),))
        is_user = self.kind == "user"

        def is_absent(key: str) -> bool:
            if key in SENT_BY_SERVICES or (key == "aws:username" and not is_user):
                return True
            if is_user and (key in actions.FROM_CREDENTIALS or key.startswith("saml:") or "." in key.partition(":")[0]):
                return True
            return actions.key_reaches(action, key) is False

        return Context(values, False, ALWAYS_SIGNED, is_absent, self.not_before)

    @cached_property
    def _certain(self) -> Mapping[str, tuple[str, ...]]:
        return Context.of({"aws:SecureTransport": True, **self.caller.context(), **self.facts}).values


def can(
    principal: Principal,
    action: str,
    resource: str,
    context: Mapping[str, Value] | Context | None = None,
    resource_policy: Policy | None = None,
    rcp_levels: Sequence[Sequence[Policy]] | None = None,
) -> Decision:
    """Whether the principal may do this. `context`: the keys known of the request (a mapping leaves the others open;
    a Context says for itself).

    Without the resource's own policy a request to another account is Depends, and a role's trust or a key's policy is
    left out of the question. `rcp_levels`: the resource control policies of the resource's account.
    """
    known = context if isinstance(context, Context) else principal.context(action, context)
    request = Request.of(principal.arn, action, resource, known)
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


def answer(decision: Decision) -> Tri:
    return {Verdict.ALLOWED: Tri.YES, Verdict.DEPENDS: Tri.DEPENDS}.get(decision.verdict, Tri.NO)
