"""Facts of one identity policy document on its own, one row each, for the controls on least privilege and MFA.

Evaluated for a principal with only this document; its Deny statements count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from pipeline.policy.actions import expand, find
from pipeline.policy.callers import partition_of
from pipeline.policy.conditions import conditions_hold
from pipeline.policy.context import Context, Value
from pipeline.policy.document import Document, Statement
from pipeline.policy.evaluate import statements_on
from pipeline.policy.match import action_matches, common_text, resource_matches, statement_covers_action
from pipeline.policy.partitions import partitions
from pipeline.policy.principal import FRESH, Principal, answer, can
from pipeline.policy.request import Policy, Verdict
from pipeline.policy.rights import allows, full_service, is_admin
from pipeline.policy.sensitive import GRAVE, is_unjudged, sensitive_actions
from pipeline.policy.targets import targets
from pipeline.policy.tri import Tri

OWN = "0" * 12
"""The account of whoever holds a document, which int_customer_documents puts in place of the account's own id."""


def holder_of(document: Document) -> Principal:
    """A principal with only this document, in the partition of its ARNs."""
    return Principal(f"arn:{_partition_in(document)}:iam::{OWN}:role/{FRESH}", (Policy("document", document),))


def _partition_in(document: Document) -> str:
    patterns = (
        pattern for each in document.statements for pattern in (*(each.resources or ()), *(each.not_resources or ()))
    )
    return next(
        (
            partition
            for pattern in patterns
            if (partition := partition_of(pattern)) in partitions() and partition != "aws"
        ),
        "aws",
    )


# A resource of an account outside of every organization: what a condition keeps from it is not for every resource.
_ELSEWHERE: dict[str, Value] = {"aws:ResourceAccount": "9" * 12, "aws:ResourceOrgID": (), "aws:ResourceOrgPaths": ()}


@dataclass(frozen=True, slots=True)
class Fact:
    """`kind` is one of KINDS; `statement` is None if no single statement is the cause; `detail` names the service,
    action or key.
    """

    kind: str
    statement: int | None
    sid: str
    detail: str


KINDS = {
    "admin": "every action on every resource, or unrestricted control over IAM",
    "admin_if": "the same, under conditions",
    "service_wildcard": "every action of a service on every resource",
    "allow_not_action": "Allow with NotAction on every resource",
    "pass_role_unscoped": "iam:PassRole on every role, without iam:PassedToService",
    "assume_role_unscoped": "sts:AssumeRole on every role, or a role in every account",
    "sensitive_unscoped": "reads data, returns credentials or manages permissions, on every resource",
    "unjudged_unscoped": "its name speaks of data or credentials and no list judges it, on every resource",
    "star_resource": "Resource * although the action accepts a narrower one",
    "mfa_enforced": "the actions (on the resources) named are denied without MFA, for sessions and long-term keys",
    "mfa_required": "allowed only with MFA, and by no other statement without",
    "mfa_wrong_operator": "denied without MFA in sessions, but not for long-term keys",
    "mfa_reversed": "allowed only without MFA",
    "high_risk_allow": "an Allow on IAM, KMS, Organizations, or on deleting or sharing buckets, without condition",
    "high_risk_conditioned": "the same, with a condition",
}


@lru_cache(maxsize=1 << 16)
def document_facts(document: Document) -> tuple[Fact, ...]:
    """All facts of an identity policy document."""
    holder = holder_of(document)
    facts = [*_admin(holder), *_mfa(document, holder)]
    for statement in document.statements:
        if statement.effect == "Allow":
            for kind, detail in _of_allow(statement, holder):
                facts.append(Fact(kind, statement.index, statement.sid, detail))
    return tuple(facts)


def holds(document: Document, kind: str) -> bool:
    return any(fact.kind == kind for fact in document_facts(document))


def _admin(holder: Principal) -> Iterator[Fact]:
    admin = is_admin(holder)
    if admin.verdict is not Tri.NO:
        yield Fact("admin" if admin.verdict is Tri.YES else "admin_if", None, "", admin.level)


def _of_allow(statement: Statement, holder: Principal) -> Iterator[tuple[str, str]]:
    if statement.not_actions is not None and _everywhere(statement, ""):
        yield "allow_not_action", ", ".join(statement.not_actions)
    for service in _services_by_wildcard(statement):
        if _service_everywhere(statement, service, holder):
            yield "service_wildcard", service
    if is_unscoped(statement, "iam:PassRole", holder) and not any(
        key.key.lower() == "iam:passedtoservice" for key in statement.conditions
    ):
        yield "pass_role_unscoped", ""
    if is_unscoped(statement, "sts:AssumeRole", holder, any_account=True):
        yield "assume_role_unscoped", ""
    for action in _sensitive(statement):
        if is_unscoped(statement, action, holder):
            yield "sensitive_unscoped", action
    for action in _unjudged(statement):
        if is_unscoped(statement, action, holder):
            yield "unjudged_unscoped", action
    for action in statement.actions or ():
        entry = find(action)
        if entry and not entry.needs_star and statement.resources and "*" in statement.resources:
            yield "star_resource", entry.name
    if any(_shares_action(statement, pattern) for pattern in GRAVE):
        yield ("high_risk_conditioned" if statement.conditions else "high_risk_allow"), ""


def _shares_action(statement: Statement, pattern: str) -> bool:
    """Whether some action can match both the statement's actions and the pattern."""
    if statement.actions is not None:
        return any(common_text(name.lower(), pattern.lower(), FRESH) is not None for name in statement.actions)
    return not any(action_matches(name, pattern.replace("*", FRESH)) for name in statement.not_actions or ())


def _services_by_wildcard(statement: Statement) -> list[str]:
    """The services of which the statement names every action: `kms:*`, `kms:**`."""
    prefixes = (pattern.partition(":") for pattern in statement.actions or () if pattern.strip("*:"))
    return sorted(
        {prefix.lower() for prefix, _, rest in prefixes if rest and not rest.strip("*") and "*" not in prefix}
    )


def _service_everywhere(statement: Statement, service: str, holder: Principal) -> bool:
    """Whether it applies to "*", or to every resource of one of the service's types (`arn:aws:s3:::*`)."""
    if full_service(holder, service) is not Tri.NO:
        return True
    actions = [action for action in expand(f"{service}:*") if (entry := find(action)) and entry.resource_types]
    return any(
        _everywhere(statement, action) and answer(allows(holder, action)) is not Tri.NO for action in actions[:50]
    )


def _sensitive(statement: Statement) -> dict[str, None]:
    """Candidates for sensitive actions of the statement: the listed ones, and its permissions management actions,
    except those that accept only "*" as resource, such as ecr:GetAuthorizationToken.

    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
    """
    managing = (
        action
        for action in _named(statement)
        if (entry := find(action)) and "Permissions management" in entry.access_level
    )
    every = (*sensitive_actions("data_actions"), *sensitive_actions("credential_actions"), *managing)
    return dict.fromkeys(action for action in every if not ((entry := find(action)) and entry.needs_star))


def _unjudged(statement: Statement) -> dict[str, None]:
    """Actions of the statement whose name speaks of data or credentials, and that nobody has judged."""
    found = (action for action in _named(statement) if is_unjudged(action))
    return dict.fromkeys(action for action in found if not ((entry := find(action)) and entry.needs_star))


def _named(statement: Statement) -> Iterator[str]:
    return (action for pattern in statement.actions or () if pattern != "*" for action in expand(pattern))


def is_unscoped(statement: Statement, action: str, holder: Principal, any_account: bool = False) -> bool:
    """Whether this statement allows the action on every resource, one without tags too, despite the document's
    Denies.
    """
    document = next(iter(holder.documents))
    if statement not in statements_on(document, action, "Allow") or not _everywhere(statement, action, any_account):
        return False
    untagged: dict[str, Value] = {each.key: () for each in statement.conditions if "resourcetag" in each.key.lower()}
    if conditions_hold(statement, Context.of(untagged | _ELSEWHERE, complete=False)) is Tri.NO:
        return False
    return any(
        can(holder, action, resource, untagged).verdict in (Verdict.ALLOWED, Verdict.DEPENDS)
        for resource in targets(holder, action)
    )


def _everywhere(statement: Statement, action: str, any_account: bool = False) -> bool:
    if statement.resources is None:
        return statement.not_resources is not None and "*" not in statement.not_resources
    return any(is_effectively_star(pattern, action, any_account) for pattern in statement.resources)


def is_effectively_star(pattern: str, action: str = "", any_account: bool = False) -> bool:
    """Whether the pattern matches every resource that the action accepts, in any Region and account:
    `arn:*:cloudtrail:*:*:trail/*` for trails. What IAM holds is the account's own, so its own number says nothing.

    `any_account`: one name in every account also counts (`arn:aws:iam::*:role/deploy`).
    """
    if not pattern.strip("*"):
        return True
    fields = pattern.split(":")
    if any_account and len(fields) > 5 and fields[4] in ("*", "") and fields[2] == "iam":
        return True
    entry = find(action) if action else None
    if entry is None or entry.needs_star:
        return False
    partition = fields[1] if fields[1:2] and fields[1] in partitions() else "aws"
    account = OWN if fields[2:5:2] == ["iam", OWN] else "1" * 12
    shapes = [_shape(arn, partition, account) for _, arn in entry.resource_types]
    return any(resource_matches(pattern, shape) for shape in shapes)


def _shape(arn: str, partition: str, account: str) -> str:
    out, rest = (
        "",
        arn.replace("${Partition}", partition).replace("${Account}", account).replace("${Region}", "zz-zzzz-9"),
    )
    while "${" in rest:
        before, _, after = rest.partition("${")
        out, rest = out + before + FRESH, after.partition("}")[2]
    return out + rest


# -- MFA


# A long-term key sends no MFA key at all, a session without MFA says false, one with MFA says true and how long ago.
_MFA_CASES: tuple[dict[str, Value], ...] = (
    {"aws:MultiFactorAuthPresent": (), "aws:MultiFactorAuthAge": ()},
    {"aws:MultiFactorAuthPresent": False, "aws:MultiFactorAuthAge": ()},
    {"aws:MultiFactorAuthPresent": True, "aws:MultiFactorAuthAge": "60"},
)
_MFA_FACTS: dict[tuple[str | bool, ...], str] = {
    ("Deny", True, True, False): "mfa_enforced",
    ("Deny", False, True, False): "mfa_wrong_operator",
    ("Allow", False, False, True): "mfa_required",
    ("Allow", False, True, False): "mfa_reversed",
    ("Allow", True, True, False): "mfa_reversed",
}


def _mfa(document: Document, holder: Principal) -> Iterator[Fact]:
    for statement in document.statements:
        if any("multifactor" in condition.key.lower() for condition in statement.conditions):
            holds_in = (
                conditions_hold(statement, Context.of(mfa_keys, complete=False)) is not Tri.NO
                for mfa_keys in _MFA_CASES
            )
            kind, speaks_of = _MFA_FACTS.get((statement.effect, *holds_in)), _speaks_of(statement)
            if kind and speaks_of and not (kind == "mfa_required" and _is_open_without_mfa(statement, holder)):
                yield Fact(kind, statement.index, statement.sid, speaks_of)


def _speaks_of(statement: Statement) -> str:
    """The actions ("*" for all, "all but ..."), prefixed by the resources unless all; "" for none."""
    actions = _listed(statement.actions, statement.not_actions, statement_covers_action(statement, f"{FRESH}:{FRESH}"))
    resources = _listed(statement.resources, statement.not_resources, _everywhere(statement, ""))
    if not (actions and resources):
        return ""
    return actions if resources == "*" else f"{resources}: {actions}"


def _listed(named: tuple[str, ...] | None, others: tuple[str, ...] | None, is_open: bool) -> str:
    if named is not None:
        return "*" if is_open else ", ".join(named)
    return "all but " + ", ".join(others or ()) if is_open else ""


def _is_open_without_mfa(statement: Statement, holder: Principal) -> bool:
    """Whether the actions that the statement allows with MFA are also allowed without it."""
    actions = [
        pattern.replace("*", FRESH).replace("?", FRESH[0]) for pattern in statement.actions or (f"{FRESH}:{FRESH}",)
    ]
    places = [common_text(pattern, "*", FRESH) or "*" for pattern in statement.resources or ("*",)]
    requests = product(actions, places, _MFA_CASES[:2])
    return any(answer(can(holder, action, place, mfa_keys)) is not Tri.NO for action, place, mfa_keys in requests)
