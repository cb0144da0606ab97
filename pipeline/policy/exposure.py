"""Access from outside the organization through a resource policy or role trust policy, found by evaluating it.

Hypothetical outsiders (an account named in the policy, one that matches its patterns, any other account) are put
through `evaluate`: calling directly, from no organization and from another one, and through an AWS service that acts
for them (the confused deputy). https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from pipeline.policy.actions import expand
from pipeline.policy.conditions import is_negated, share_of_the_internet
from pipeline.policy.context import Value
from pipeline.policy.document import Condition, Document
from pipeline.policy.evaluate import allowing, evaluate
from pipeline.policy.match import common_text
from pipeline.policy.principal import FRESH, answer
from pipeline.policy.request import Decision, Policies, Policy, Request, Verdict
from pipeline.policy.strangers import ANY_ACCOUNT, ANY_SERVICE, strangers
from pipeline.policy.strangers import Organization as Organization
from pipeline.policy.tri import Tri

_ALLOW_ALL = Policy.read(
    "outsider", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)

_NO_LIMITS = Policies()

# An outsider cannot choose these; a verdict that waits for them is limited. Every other open key the caller picks or
# a stranger could have: aws:VpcSourceIp, as anyone numbers a VPC of their own at will. After what S3 takes for a limit:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
LIMITING_KEYS = frozenset(
    {
        "aws:sourceip",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourcevpcarn",
        "aws:vpceaccount",
        "aws:vpceorgid",
    }
    | {
        "aws:vpceorgpaths",
        "sts:externalid",
        "lambda:eventsourcetoken",
        "aws:resourcetag",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "aws:userid",
        "aws:principalservicename",
    }
)


# Of these, the ones that an outsider can leave out of a request: by naming no external id, by coming over the internet.
_LEFT_OUT: dict[str, Value] = dict.fromkeys(
    (
        "sts:ExternalId",
        *(f"aws:{name}" for name in ("SourceVpc", "SourceVpce", "SourceVpcArn", "VpcSourceIp")),
        *(f"aws:{name}" for name in ("VpceAccount", "VpceOrgID", "VpceOrgPaths")),
    ),
    (),
)


@dataclass(frozen=True, slots=True)
class Access:
    """Access by an outsider. `account`: an account, another organization, or ANY_ACCOUNT; `service` is the service that
    acts for it, "" for a direct call.

    `verdict` YES: unconditional; DEPENDS: limited by the keys in `limited_by` (network, external ID, resource tags).
    """

    account: str
    service: str
    verdict: Tri
    action: str
    limited_by: tuple[str, ...]
    decision: Decision

    @property
    def is_public(self) -> bool:
        return self.account == ANY_ACCOUNT and self.service in ("", ANY_SERVICE)


def outside_access(
    policy: Policy,
    inside: Organization,
    resource: str = "",
    actions: tuple[str, ...] = (),
    limits: Policies = _NO_LIMITS,
    given: Mapping[str, Value] | None = None,
) -> list[Access]:
    """The outsiders that the policy admits, each by its least restricted way. An unreadable policy gives DEPENDS for
    anyone.

    `actions` limits the evaluation (for trust policies, to AssumeRole); by default one action per pattern in the
    policy is tried. `limits`: the resource control policies of the resource's account. `given`: what is known of the
    request beside who makes it.
    """
    if policy.document is None:
        unread = Decision(Verdict.DEPENDS, policy.problem)
        return [Access(ANY_ACCOUNT, "", Tri.DEPENDS, "*", (), unread)]
    best: dict[tuple[str, str], Access] = {}
    policy = replace(policy, document=_as_meant(policy.document))
    assert policy.document is not None
    limits = replace(limits, identity=[_ALLOW_ALL], resource=policy)
    whole = _with_limits(policy.document, limits)
    at_will = _chosen_at_will(whole)
    for action, target in _requests(policy.document, resource, actions):
        for account, who, context in strangers(whole, inside):
            service = who.arn if who.kind == "service" else ""
            earlier = best.get((account, service))
            if earlier and earlier.verdict is Tri.YES:
                continue
            if who.kind == "anonymous" and action.startswith("sts:"):
                continue
            request = Request(who, action, target, context.with_defaults(given or {}), inside.account)
            outcome = _try(limits, request, at_will)
            if outcome and (earlier is None or outcome[0] > earlier.verdict):
                best[account, service] = Access(account, service, outcome[0], action, outcome[1], outcome[2])
    return sorted(best.values(), key=lambda access: (access.account != ANY_ACCOUNT, access.account, access.service))


def entrants(trust: Document, inside: Organization) -> dict[int, dict[str, bool]]:
    """Outsiders that can assume the role, by Allow statement: {account, as in `Access.account`: whether any of its
    principals can, or only those that the policy names}.
    """
    entrants_by_statement: dict[int, dict[str, bool]] = {}
    role = f"arn:{inside.partition}:iam::{inside.account}:role/{FRESH}"
    policies = Policies([_ALLOW_ALL], resource=Policy("trust", trust))
    for whose, who, context in strangers(trust, inside):
        if not who.is_aws_identity:
            continue
        request = Request(who, "sts:AssumeRole", role, context, inside.account)
        if answer(evaluate(request, policies)) is Tri.NO:
            continue
        for statement in allowing(trust, request):
            services = entrants_by_statement.setdefault(statement, {})
            services[whose] = services.get(whose, False) or who.name == FRESH
    return entrants_by_statement


def public(policy: Policy, inside: Organization, resource: str = "") -> Tri:
    """Whether anyone in the world has access: YES unconditionally, DEPENDS with limits, or NO."""
    return max(
        (access.verdict for access in outside_access(policy, inside, resource) if access.is_public), default=Tri.NO
    )


def _with_limits(document: Document, limits: Policies) -> Document:
    """The statements of the policy and of the resource control policies: what an outsider could be told apart by."""
    rcps = [rcp.document for level in limits.rcp_levels or () for rcp in level if rcp.document]
    statements = (*document.statements, *(statement for rcp in rcps for statement in rcp.statements))
    return replace(document, statements=statements, hash=f"{document.hash}:limited") if rcps else document


def _try(policies: Policies, request: Request, at_will: frozenset[str]) -> tuple[Tri, tuple[str, ...], Decision] | None:
    """How the outsider gets access: (verdict, limiting keys, decision), with fewer keys in the request if that is less
    restricted.
    """
    result = _judge(policies, request, at_will)
    if result and result[1]:
        bare = replace(request, context=request.context.with_defaults(_LEFT_OUT))
        result = max(result, _judge(policies, bare, at_will) or result, key=lambda outcome: outcome[0])
    return result


def _judge(
    policies: Policies, request: Request, at_will: frozenset[str]
) -> tuple[Tri, tuple[str, ...], Decision] | None:
    decision = evaluate(request, policies)
    verdict = answer(decision)
    if verdict is Tri.NO:
        return None
    limits = tuple(key for key in decision.unknown_keys if key.lower().partition("/")[0] in LIMITING_KEYS)
    limits = tuple(key for key in limits if key.lower() not in at_will)
    sure = verdict is Tri.YES or (not limits and decision.unknown_keys != ())
    return (Tri.YES if sure else Tri.DEPENDS), limits, decision


# -- what to ask


def _as_meant(document: Document) -> Document:
    """The policy with StringEquals on a star read as StringLike: exposure is reported as the author meant it."""

    def meant(condition: Condition) -> Condition:
        is_slip = condition.operator == "StringEquals" and any("*" in value for value in condition.values)
        return replace(condition, operator="StringLike") if is_slip else condition

    statements = tuple(
        replace(statement, conditions=tuple(meant(condition) for condition in statement.conditions))
        for statement in document.statements
    )
    return replace(document, statements=statements, hash=f"{document.hash}:as meant")


def _chosen_at_will(document: Document) -> frozenset[str]:
    """Those of LIMITING_KEYS whose conditions limit nobody: address ranges that cover half of the internet or more, and
    patterns that any network or endpoint can match ("vpc-*").
    """
    narrow: dict[str, bool] = {}
    for statement in document.statements:
        for condition in statement.conditions:
            key, negated = condition.key.lower(), is_negated(condition.operator)
            if (statement.effect == "Deny") is not negated:
                is_narrow = False  # Allow if not in a list, Deny if in a list: the others get in.
            elif key == "aws:sourceip":
                is_narrow = share_of_the_internet(condition.values) < Fraction(1, 2)
            else:
                is_narrow = not any(set("*?") & set(_customer(key, value)) for value in condition.values)
            narrow[key] = narrow.get(key, False) or is_narrow
    return frozenset(key for key in _MATCHED if not narrow.get(key, True))


_MATCHED = ("aws:sourceip", *(f"aws:sourcevpc{end}" for end in ("", "e", "arn")))
_MATCHED += tuple(f"aws:vpce{end}" for end in ("account", "orgid", "orgpaths"))


def _customer(key: str, value: str) -> str:
    """The part of a value that tells one customer from another: the account of an ARN, the organization of a path."""
    if value.startswith("arn:"):
        return (value.split(":", 5) + [""] * 5)[4] or value
    return value.split("/")[0] if key.endswith("orgpaths") else value


def _requests(document: Document, resource: str, probed: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """One action and resource for each pattern in an Allow."""
    seen: dict[tuple[str, str], None] = {}
    for statement in document.statements:
        if statement.effect == "Allow":
            actions = probed or tuple(name for pattern in statement.actions or ("*",) for name in _sample(pattern))
            places = [
                common_text(pattern, resource or "*", FRESH) or resource for pattern in statement.resources or ("*",)
            ]
            seen.update(dict.fromkeys(product(actions, places)))
    yield from seen


def _sample(pattern: str) -> tuple[str, ...]:
    """An invented action that matches the pattern, and some known ones."""
    if ":" not in pattern:
        return (f"{FRESH}:{FRESH}", "s3:GetObject", "sts:AssumeRole")
    return (pattern.replace("*", FRESH).replace("?", FRESH[0]), *expand(pattern)[:3])
