"""What one principal can do: its identity policies, boundary, session policies and SCPs together, over requests not
yet made.

A verdict is Allowed or denied only where no request could make it otherwise; else it is Depends and names the
condition keys it waits for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, lru_cache

from pipeline.policy import catalog
from pipeline.policy.callers import Caller, caller
from pipeline.policy.context import ALWAYS_SIGNED, SENT_BY_SERVICES, Context, Value
from pipeline.policy.document import Document, Statement
from pipeline.policy.evaluate import Decision, Evidence, Policies, Policy, Request, Verdict, evaluate, statements_on
from pipeline.policy.match import common_arn, common_text, plain, without_variables
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
    def unreadable(self) -> tuple[Policy, ...]:
        return tuple(policy for policy in (*self.policies, *self.limits) if policy.document is None)

    def context(self, action: str, known: Mapping[str, Value] | None = None) -> Context:
        """What is certain about any request of this principal for the action; everything else stays open."""
        service = action.partition(":")[0].lower()
        facts: dict[str, Value] = {"aws:SecureTransport": True, **self.caller.context(), **self.facts, **(known or {})}
        if service in _GLOBAL_SERVICES:
            facts.setdefault("aws:RequestedRegion", _HOME_REGION.get(self.caller.partition, "us-east-1"))
        is_user = self.kind == "user"

        def is_absent(key: str) -> bool:
            if key in SENT_BY_SERVICES or (key == "aws:username" and not is_user):
                return True
            if is_user and (key in catalog.FROM_CREDENTIALS or key.startswith("saml:") or "." in key.partition(":")[0]):
                return True
            return catalog.key_reaches(action, key) is False

        return replace(
            Context.of(facts, complete=False, not_before=self.not_before), present=ALWAYS_SIGNED, is_absent=is_absent
        )


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


# -- administrator


@dataclass(frozen=True, slots=True)
class Admin:
    """`verdict` YES: administrator whatever the request; DEPENDS: under conditions, which `evidence` names.

    `level`: "full" is every action on every resource; "equivalent" is free rein over IAM roles and policies, from
    which the rest follows.
    """

    verdict: Tri
    level: str
    reason: str
    evidence: tuple[Evidence, ...] = ()


# Who may do all of this to any role and policy of the account can give itself everything.
_REIN_OVER_IAM = (
    *(
        ("iam:CreateRole", "role"),
        ("iam:UpdateAssumeRolePolicy", "role"),
        ("iam:AttachRolePolicy", "role"),
        ("iam:PutRolePolicy", "role"),
    ),
    *(("iam:DetachRolePolicy", "role"), ("iam:DeleteRolePolicy", "role"), ("iam:PassRole", "role")),
    *(("iam:CreatePolicy", "policy"), ("iam:CreatePolicyVersion", "policy"), ("iam:SetDefaultPolicyVersion", "policy")),
)


def is_admin(principal: Principal) -> Admin:
    """Whether the principal is an administrator in effect: Deny, boundary, session policies and SCPs taken off,
    groups and splits added up.

    A carve-out of single named resources does not matter; one whole service matters only if it is IAM, since IAM can
    give back the others.
    """
    equivalent = _all_allowed(
        can(principal, action, f"arn:{principal.caller.partition}:iam::{principal.account}:{kind}/{FRESH}")
        for action, kind in _REIN_OVER_IAM
    )
    if equivalent[0] is Tri.NO:
        return Admin(Tri.NO, "none", equivalent[1].reason, equivalent[1].evidence)
    full = _all_allowed(can(principal, action, _anything(principal)) for action in _telling_actions(principal))
    verdict, decision = equivalent
    level = "full" if full[0] >= verdict else "equivalent"
    return Admin(verdict, level, decision.reason, decision.evidence)


def _anything(principal: Principal) -> str:
    return f"arn:{principal.caller.partition}:{FRESH}:{FRESH}:{principal.account}:{FRESH}/{FRESH}"


def _telling_actions(principal: Principal) -> Iterator[str]:
    """An action nobody named, then every known action that a NotAction or a Deny did name: if all pass, all pass."""
    yield f"{FRESH}:{FRESH}"
    seen: set[str] = set()
    for document in principal.documents:
        for statement in document.statements:
            patterns = (statement.not_actions or ()) + ((statement.actions or ()) if statement.effect == "Deny" else ())
            for pattern in patterns:
                if pattern not in seen and not catalog.is_invented(pattern):
                    seen.add(pattern)
                    yield from catalog.expand(pattern)


def _all_allowed(decisions: Iterator[Decision]) -> tuple[Tri, Decision]:
    """(the worst answer, a decision that gave it); stops at the first denial."""
    worst: tuple[Tri, Decision] | None = None
    for decision in decisions:
        found = answer(decision)
        if worst is None or found < worst[0]:
            worst = (found, decision)
        if found is Tri.NO:
            break
    assert worst is not None
    return worst


# -- the actions and resources in reach


def allows(principal: Principal, action: str, context: Mapping[str, Value] | None = None) -> Decision:
    """Whether the principal may use the action on any resource at all: the most permissive decision over the
    resources worth trying.
    """
    best: Decision | None = None
    for resource in targets(principal, action):
        decision = can(principal, action, resource, context)
        if best is None or answer(decision) > answer(best):
            best = decision
        if best.verdict is Verdict.ALLOWED:
            break
    return best or Decision(Verdict.IMPLICITLY_DENIED, f"needs an Allow that names {action} on a resource it accepts")


def targets(principal: Principal, action: str, resource_type: str = "") -> tuple[str, ...]:
    """Concrete resources that decide for all others: a fresh one of each type the action accepts, and one inside each
    pattern allowed.
    """
    found = catalog.find(action)
    if found is not None and found.needs_star:
        return ("*",)
    patterns = _patterns(principal, action)
    if found is None:
        named = (common_arn(pattern, f"arn:*:{action.partition(':')[0]}:*:*:*", FRESH) for pattern in patterns)
        return tuple(dict.fromkeys(["*", *(one for one in named if one)]))
    out: dict[str, None] = {}
    for name, arn in found.resource_types:
        if resource_type in ("", name):
            own, any_account = (
                _template(arn, principal.caller.partition, account) for account in (principal.account, "*")
            )
            out[common_text(own, "*", FRESH) or own] = None
            for pattern in patterns:
                inside = _inside(pattern, own) or _inside(pattern, any_account)
                if inside and "${" not in inside:
                    out[inside] = None
    return tuple(out)


def _patterns(principal: Principal, action: str) -> tuple[str, ...]:
    """The resource patterns that policies allow the action on, and what each of them has in common with each limit's."""
    granted, limited = (
        dict.fromkeys(pattern for one in held if one.document for pattern in _allowed(one.document, action, principal))
        for held in (principal.policies, principal.limits)
    )
    both = (common_arn(one, other, FRESH) for one in granted for other in limited if "*" not in (one, other))
    met = (text.replace(FRESH, "*") for text in both if text)
    return tuple(dict.fromkeys((*granted, *limited, *met)))


@lru_cache(maxsize=1 << 16)
def _inside(pattern: str, template: str) -> str | None:
    return common_arn(template, pattern, FRESH)


@lru_cache(maxsize=4096)
def _template(arn: str, partition: str, account: str) -> str:
    known = arn.replace("${Partition}", partition).replace("${Account}", account)
    return re.sub(r"\$\{[^}]*\}", "*", known)


def _allowed(document: Document, action: str, principal: Principal) -> Iterator[str]:
    for statement in statements_on(document, action, "Allow"):
        for pattern in statement.resources or ():
            if statement.variables and "${" in pattern:
                known = principal.context(action).expand(pattern)
                yield without_variables(pattern, "*") if isinstance(known, Tri) else plain(known)
            else:
                yield pattern


def effective_actions(principal: Principal) -> dict[str, Tri]:
    """Every action the principal may use on some resource: {"s3:GetObject": YES, ...}; DEPENDS where a condition
    decides.
    """
    named = dict.fromkeys(
        action for policy in principal.policies if policy.document for action in named_actions(policy.document)
    )
    answers = {action: answer(allows(principal, action)) for action in named}
    return {action: found for action, found in sorted(answers.items()) if found is not Tri.NO}


def effective_services(principal: Principal) -> dict[str, Tri]:
    """{service prefix: the best answer over its actions}."""
    best: dict[str, Tri] = {}
    for action, found in effective_actions(principal).items():
        service = action.partition(":")[0]
        best[service] = max(found, best.get(service, Tri.NO))
    return best


@lru_cache(maxsize=4096)
def named_actions(document: Document) -> tuple[str, ...]:
    """The known actions that the document's Allow statements name, through wildcards and NotAction; an action not in
    the catalogue as written.
    """
    found: dict[str, None] = {}
    for statement in document.statements:
        if statement.effect == "Allow":
            found.update(dict.fromkeys(_actions_of(statement)))
    return tuple(found)


def _actions_of(statement: Statement) -> Iterator[str]:
    if statement.actions is not None:
        for pattern in statement.actions:
            yield from catalog.expand(pattern)
        return
    excluded = {action.lower() for pattern in statement.not_actions or () for action in catalog.expand(pattern)}
    yield from (action for action in catalog.expand("*") if action.lower() not in excluded)


def full_service(principal: Principal, service: str) -> Tri:
    """Whether every known action of the service is allowed on every resource."""
    resource = f"arn:{principal.caller.partition}:{service}:{FRESH}:{principal.account}:{FRESH}/{FRESH}"
    return _all_allowed(
        can(principal, action, resource) for action in catalog.expand(f"{service}:*") or (f"{service}:{FRESH}",)
    )[0]
