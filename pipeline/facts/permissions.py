"""Overall permissions of principals with the same policies: administer, write to IAM, escape their boundary.

Evaluated once per key of int_permissions, for the first principal that has it; `own_account` is that principal's,
and int_principal_permissions replaces it by each holder's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._evidence import cited, depends_on, dumped, grant, problems
from pipeline.facts._principals import ONE_FOR_ALL_ALIKE, PrincipalFactory
from pipeline.facts._principals import QUERIES as OF_PRINCIPALS
from pipeline.policy import Decision, Escalations, Principal, Tri, can, escalations, is_admin
from pipeline.policy.boundary_facts import EDITS
from pipeline.policy.context import Value
from pipeline.policy.escalation_requests import best as strongest
from pipeline.policy.escalation_requests import boundaries_of_new, named_policies
from pipeline.policy.evaluate import statements_on
from pipeline.policy.principal import FRESH, answer
from pipeline.policy.tagging import retagged
from pipeline.policy.targets import targets
from pipeline.policy.writers import FREES, at_most, has_denies
from pipeline.schema import Column, Dataset, Row

TABLE = Dataset(
    "fact_permissions",
    "What principals with the same permissions can do in the large, judged once for each set of permissions.",
    "account",
    (),
    (
        Column("permissions_sha256", "varchar", "Key of the permissions in int_permissions", required=True),
        Column("own_account", "varchar", "Account of the principal judged for all; it stands for each one's own"),
        Column("admin", "varchar", "Whether it administers its account", values=("yes", "depends", "no")),
        Column("admin_level", "varchar", "full, equivalent (unrestricted control over IAM) or none"),
        Column("admin_reason", "varchar", "What decided"),
        Column("admin_conditions", "varchar[]", "Condition keys that its being an administrator depends on"),
        Column("admin_statements", "json", "The statements that decided"),
        Column("held_back", "varchar", "Whether it would be an administrator, or more of one, without its boundary"),
        Column(
            "at_most",
            "varchar",
            "Whether it would be an administrator if it were given everything, for all its boundary and Denies",
        ),
        Column("unreadable", "varchar[]", "Identity policies that could not be read, and why"),
        Column("unreadable_limits", "varchar[]", "Its boundary and SCPs that could not be read, and why"),
        Column("can_assume", "boolean", "Whether an identity policy allows it to assume some role"),
        Column("may_escalate", "boolean", "Whether its permissions alone would open a way to escalate"),
        Column("iam_writes", "varchar[]", "Writes to IAM principals that it is allowed in some way"),
        Column("unbounded_writes", "json", "Those it is allowed without a boundary, or with any; with the statements"),
        Column("boundary_edits", "json", "What it may do to its own boundary; with the statements"),
    ),
    key=("permissions_sha256",),
)
QUERIES = {**OF_PRINCIPALS, "principals": ONE_FOR_ALL_ALIKE}
JUDGES: tuple[PolicyLayer, ...] = ("identity", "boundary", "scp")

WRITES = {
    "iam:CreateUser": "user",
    "iam:CreateRole": "role",
    "iam:PutUserPolicy": "user",
    "iam:PutRolePolicy": "role",
    "iam:AttachUserPolicy": "user",
    "iam:AttachRolePolicy": "role",
}
# They give other permissions to all who hold the policy, and no condition on a boundary applies to them.
VERSIONS = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")
BOUNDARY, POLICY = "iam:PermissionsBoundary", "iam:PolicyARN"


def rows(tables: Queried) -> Iterator[Row]:
    factory = PrincipalFactory(tables)
    for row in tables["principals"]:
        key = {"permissions_sha256": row["permissions_sha256"], "own_account": row["account_id"]}
        yield key | facts(factory.principal(row))


def facts(principal: Principal) -> Row:
    """The row of one principal, without its key."""
    admin = is_admin(principal)
    # Only AWS services act as a service-linked role.
    is_read = any(policy.document for policy in principal.policies)
    is_judged = is_read and not principal.caller.is_service_linked_role
    judged = escalations(anybody(principal), admin=admin) if is_judged else Escalations(admin)
    return {
        "admin": admin.verdict.name.lower(),
        "admin_level": admin.level,
        "admin_reason": admin.reason,
        "admin_conditions": sorted({key for hit in admin.evidence for key in hit.unknown_keys}),
        "admin_statements": dumped(cited(admin.evidence)),
        "held_back": held_back(principal, admin.verdict).name.lower(),
        "at_most": (is_admin(at_most(principal)).verdict if is_limited(principal) else Tri.YES).name.lower(),
        "unreadable": problems(principal.policies),
        "unreadable_limits": problems(principal.limits),
        "can_assume": can_assume(principal),
        "may_escalate": bool(judged.paths or judged.undecided),
        **(writes(principal) if is_judged else {"iam_writes": [], "unbounded_writes": "[]"}),
        "boundary_edits": dumped(list(boundary_edits(principal)) if is_judged and principal.boundary else []),
    }


def is_limited(principal: Principal) -> bool:
    """Whether a boundary or a Deny of its own keeps something from it, whatever it is given."""
    return principal.boundary is not None or has_denies(principal)


def held_back(principal: Principal, admin: Tri) -> Tri:
    """Its admin status without its boundary, if higher than with it; NO if the boundary makes no difference."""
    freed = is_admin(replace(principal, boundary=None)).verdict if principal.boundary else admin
    return freed if freed > admin else Tri.NO


def anybody(principal: Principal) -> Principal:
    """A generic principal with the same permissions: groups and policy paths can differ, and any policy that its
    conditions name may allow everything.
    """
    policies = tuple(replace(policy, arn="") for policy in principal.policies)
    strong = (*named_policies(principal, POLICY), *named_policies(principal, BOUNDARY))
    return replace(principal, policies=policies, groups=None, strong=strong)


def can_assume(principal: Principal) -> bool:
    documents = (policy.document for policy in principal.policies if policy.document)
    return any(statements_on(document, "sts:AssumeRole", "Allow") for document in documents)


def writes(principal: Principal) -> Row:
    """Write actions on IAM, and those not restricted by a condition to an effective boundary, one that the principal
    can neither edit nor remove again. Editing policies counts where no path or name confines it.
    """
    allowed, unbounded = [], []
    for action, kind in WRITES.items():
        holders = [holder for holder in with_any_tags(principal) if best(holder, action, kind, {})]
        allowed += [action] if holders else []
        unbounded += [free for holder in holders for free in free_of_boundaries(holder, action, kind)][:1]
    edits = list(policy_edits(principal))
    names = [*allowed, *(edit["action"] for edit in edits)]
    return {"iam_writes": names, "unbounded_writes": dumped([*unbounded, *edits])}


def policy_edits(principal: Principal) -> Iterator[Mapping[str, Any]]:
    """The ways to edit any policy of the account."""
    anyone = f"arn:{principal.caller.partition}:iam::{principal.account}:policy/"
    for action in VERSIONS:
        decision = strongest([can(holder, action, f"{anyone}{FRESH}") for holder in with_any_tags(principal)])
        if answer(decision) is not Tri.NO:
            yield way(action, f"{anyone}*", decision)


def with_any_tags(principal: Principal) -> list[Principal]:
    """The principal, with its own tags and with others that it can give itself."""
    return [principal, *(other.principal for other in retagged(principal) if other.verdict is Tri.YES)]


def free_of_boundaries(principal: Principal, action: str, kind: str) -> list[Mapping[str, Any]]:
    """The first grant of the write without boundary, or with one that holds nobody back."""
    prefix = f"arn:{principal.caller.partition}:iam::{principal.account}"
    free = (*boundaries_of_new(principal, f"{prefix}:{kind}/{FRESH}"), f"{prefix}:policy/{FRESH}")
    grants = (best(principal, action, kind, {BOUNDARY: boundary}) for boundary in free)
    return [found for found in grants if found][:1]


def boundary_edits(principal: Principal) -> Iterator[Mapping[str, Any]]:
    """Ways for a principal to remove its boundary, replace it, or edit the boundary policy."""
    assert principal.boundary
    arn = principal.boundary.arn
    other = f"arn:{principal.caller.partition}:iam::aws:policy/AdministratorAccess"
    removals = FREES["user" if principal.kind == "user" else "role"]
    edits = [(action, principal.arn, {BOUNDARY: other if "Put" in action else arn}) for action in removals]
    edits += [(action, arn, {}) for action in EDITS if ":iam::aws:" not in arn]
    holders = with_any_tags(principal)
    for action, resource, keys in edits:
        decision = strongest([can(holder, action, resource, keys) for holder in holders])
        if answer(decision) is not Tri.NO:
            yield way(action, resource, decision) | ({"resource": "self"} if resource == principal.arn else {})


def best(principal: Principal, action: str, kind: str, context: Mapping[str, Value]) -> Mapping[str, Any] | None:
    """The most permissive grant of the action, or None."""
    tried = ((place, can(principal, action, place, context)) for place in targets(principal, action, kind))
    place, decision = max(tried, key=lambda pair: answer(pair[1]), default=("", None))
    if decision is None or answer(decision) is Tri.NO:
        return None
    return way(action, place.replace(FRESH, "*"), decision)


def way(action: str, resource: str, decision: Decision) -> dict[str, Any]:
    is_unread = any(hit.index is None for hit in decision.evidence) and answer(decision) is Tri.DEPENDS
    return {
        **grant(action, resource, decision),
        "verdict": answer(decision).name.lower(),
        "conditions": list(depends_on([decision])),
        "is_unread": is_unread,
    }
