"""A principal's overall permissions: whether it is an administrator, and which actions and services it may use."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline.policy import actions
from pipeline.policy.alike import key, keys_of
from pipeline.policy.beyond_policies import needs_no_permission
from pipeline.policy.callers import account_of
from pipeline.policy.context import Value
from pipeline.policy.document import Document, Statement
from pipeline.policy.evaluate import statements_on
from pipeline.policy.principal import FRESH, Principal, answer, can
from pipeline.policy.request import EFFECTS, Decision, Evidence, Verdict
from pipeline.policy.targets import targets
from pipeline.policy.tri import Tri


@dataclass(frozen=True, slots=True)
class Admin:
    """`verdict` YES: administrator whatever the request; DEPENDS: under conditions, which `evidence` names.

    `level`: "full" is every action on every resource; "equivalent" is unrestricted control over IAM roles and policies,
    which implies the rest.
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
    """Whether the principal is effectively an administrator, with Deny, boundary, session policies and SCPs applied,
    and all of its policies combined.

    Exclusions of individual resources are ignored; exclusion of a whole service matters only for IAM, because IAM can
    restore the others.
    """
    equivalent = _all_allowed(
        can(principal, action, f"arn:{principal.caller.partition}:iam::{principal.account}:{kind}/{FRESH}")
        for action, kind in _REIN_OVER_IAM
    )
    if equivalent[0] is Tri.NO:
        return Admin(Tri.NO, "none", equivalent[1].reason, equivalent[1].evidence)
    telling = _told_apart(principal, _telling_actions(principal))
    full = _all_allowed(can(principal, action, _anything(principal)) for action in telling)
    verdict, decision = equivalent
    level = "full" if full[0] >= verdict else "equivalent"
    return Admin(verdict, level, decision.reason, decision.evidence)


class Admins:
    """`is_admin` of many principals, once for all that no statement tells apart; the evidence is that of the first."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Admin] = {}

    def of(self, principal: Principal) -> Admin:
        alike = key(principal)
        if alike not in self._known:
            self._known[alike] = is_admin(principal)
        return self._known[alike]


def _anything(principal: Principal) -> str:
    return f"arn:{principal.caller.partition}:{FRESH}:{FRESH}:{principal.account}:{FRESH}/{FRESH}"


def _telling_actions(principal: Principal) -> Iterator[str]:
    """An invented action, then the known actions in a NotAction or Deny: if these are allowed, all are. Of a Deny of
    every action, one of each kind that no other statement tells apart.
    """
    yield f"{FRESH}:{FRESH}"
    statements = [statement for document in principal.documents for statement in document.statements]
    denied, allowed = dict[str, None](), dict[str, None]()
    for statement in statements:
        patterns = (*(statement.not_actions or ()), *((statement.actions or ()) if statement.effect == "Deny" else ()))
        denied |= dict.fromkeys(pattern for pattern in patterns if not actions.is_invented(pattern))
        allowed |= dict.fromkeys((statement.actions or ()) if statement.effect == "Allow" else ())
    named = dict.fromkeys(action for pattern in denied if pattern != "*" for action in actions.expand(pattern))
    yield from named
    if "*" in denied:
        # Any request may have the keys of `aws:`.
        keys = frozenset(key for one in statements for key in keys_of(one) if not key.startswith("aws:"))
        granted = {action for pattern in allowed if pattern != "*" for action in actions.expand(pattern)}
        for alike in _kinds(keys):
            other = next((action for action in alike if action not in named and action not in granted), None)
            yield from (other,) if other else alike


@lru_cache(maxsize=256)
def _kinds(keys: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    """The known actions, grouped by which of the keys their requests can have, and by the Region that answers them."""
    anybody, kinds = Principal(f"arn:aws:iam::{'0' * 12}:role/{FRESH}"), dict[Hashable, list[str]]()
    for action in actions.expand("*"):
        kinds.setdefault(_sent(anybody, action, sorted(keys)), []).append(action)
    return tuple(tuple(alike) for alike in kinds.values())


def _told_apart(principal: Principal, among: Iterable[str]) -> Iterator[str]:
    """The actions, keeping only the first of those that have one answer on any resource."""
    seen: set[Hashable] = set()
    for action in among:
        asked = _asked(principal, action, speaking(principal.documents, action))
        if asked not in seen:
            seen.add(asked)
            yield action


def speaking(documents: Iterable[Document], action: str) -> tuple[Statement, ...]:
    """The statements on the action, Allow and Deny, in all documents."""
    return tuple(
        statement
        for document in documents
        for effect in EFFECTS
        for statement in statements_on(document, action, effect)
    )


def _asked(principal: Principal, action: str, statements: tuple[Statement, ...]) -> Hashable:
    """Equal for actions that have one answer on one resource: the same statements apply, and what these ask of the
    request is known or missing alike.
    """
    return statements, _sent(principal, action, (name for statement in statements for name in keys_of(statement)))


def _sent(principal: Principal, action: str, keys: Iterable[str]) -> Hashable:
    """What a request for the action has beside its resource: its Region, if known, and which of the keys it can."""
    return principal.region(action), tuple(actions.key_reaches(action, key) is not False for key in keys)


def _all_allowed(decisions: Iterator[Decision]) -> tuple[Tri, Decision]:
    """(the worst answer, a decision that gave it); stops at the first denial."""
    worst: tuple[Tri, Decision] | None = None
    for decision in decisions:
        verdict = answer(decision)
        if worst is None or verdict < worst[0]:
            worst = (verdict, decision)
        if verdict is Tri.NO:
            break
    assert worst is not None
    return worst


# -- the actions and resources in reach


def allows(
    principal: Principal, action: str, context: Mapping[str, Value] | None = None, resource_type: str = ""
) -> Decision:
    """Whether the principal may use the action on any resource at all (of the type): the most permissive decision
    over the resources worth trying.
    """
    best: Decision | None = None
    for resource in targets(principal, action, resource_type):
        decision = can(principal, action, resource, context, account=account_of(resource) or principal.account)
        if best is None or answer(decision) > answer(best):
            best = decision
        if best.verdict is Verdict.ALLOWED:
            break
    return best or Decision(Verdict.IMPLICITLY_DENIED, f"needs an Allow that names {action} on a resource it accepts")


def effective_actions(principal: Principal) -> dict[str, Tri]:
    """Every action the principal may use on some resource: {"s3:GetObject": YES, ...}; DEPENDS if a condition decides.
    Actions that need no permission are omitted.
    """
    named = dict.fromkeys(
        action for policy in principal.policies if policy.document for action in named_actions(policy.document)
    )
    needing = (action for action in named if action.lower() not in needs_no_permission())
    answers = {action: answer(allows(principal, action)) for action in needing}
    return {action: verdict for action, verdict in sorted(answers.items()) if verdict is not Tri.NO}


@lru_cache(maxsize=4096)
def named_actions(document: Document) -> tuple[str, ...]:
    """The known actions that the document's Allow statements match, also by wildcards and NotAction; unknown actions as
    written.
    """
    names: dict[str, None] = {}
    for statement in document.statements:
        if statement.effect == "Allow":
            names.update(dict.fromkeys(_actions_of(statement)))
    return tuple(names)


def _actions_of(statement: Statement) -> Iterator[str]:
    if statement.actions is not None:
        for pattern in statement.actions:
            yield from actions.expand(pattern)
        return
    excluded = {action.lower() for pattern in statement.not_actions or () for action in actions.expand(pattern)}
    yield from (action for action in actions.expand("*") if action.lower() not in excluded)


def full_service(principal: Principal, service: str) -> Tri:
    """Whether every known action of the service is allowed on every resource."""
    resource = f"arn:{principal.caller.partition}:{service}:{FRESH}:{principal.account}:{FRESH}/{FRESH}"
    service_actions = actions.expand(f"{service}:*") or (f"{service}:{FRESH}",)
    return _all_allowed(can(principal, action, resource) for action in _told_apart(principal, service_actions))[0]
