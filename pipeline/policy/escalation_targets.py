"""The resources on which a step of an escalation path is tried, depending on what is known of the account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from pipeline.policy.account import Account, Role, is_reserved
from pipeline.policy.escalation_paths import Step, attacker
from pipeline.policy.match import common_arn
from pipeline.policy.principal import FRESH, Principal, answer, can
from pipeline.policy.request import Effect, Policy
from pipeline.policy.rights import allows
from pipeline.policy.targets import targets
from pipeline.policy.tri import Tri


def resources_of(
    target: str, steps: list[Step], service: str, principal: Principal, account: Account | None
) -> Iterator[tuple[str, bool]]:
    """(resource, whether it is certainly a target); administrators first, without roles managed by AWS."""
    if target == "self-user":
        yield from [(principal.arn, True)] if principal.kind == "user" else []
    elif target == "own-role" and principal.kind in ("role", "session"):
        yield principal.caller.role_arn, True
    elif target == "own-policy":
        own = principal.customer_policies
        yield from _own(own if own or account else None, steps, principal)
    elif target == "own-group":
        yield from _own(principal.groups, steps, principal) if principal.kind == "user" else ()
    elif target == "document":
        yield from ((arn, True) for arn in _documents(steps[0].action, principal))
    elif target in ("group", "new-group") and principal.kind != "user":
        return
    elif account and target not in ("new", "new-group", "fn"):
        frees = any(step.action in _FREES or step.part == "boundary" for step in steps)
        for arn in _known(target, service, principal, account):
            is_held_back = not frees or account.roles[arn].held_back is not Tri.NO
            if arn != principal.arn and not is_reserved(arn) and is_held_back:
                yield arn, True
    else:
        kind = "" if target in ("new", "new-group", "fn") else _KINDS.get(target, target)
        whole = [step for step in steps if not step.part]
        fresh = () if whole else (f"arn:{principal.caller.partition}:iam::{principal.account}:role/{FRESH}",)
        for arn in (*fresh, *(arn for step in whole for arn in targets(principal, step.action, kind))):
            if arn != principal.arn and not is_reserved(arn):
                yield arn, target != "own-role" or FRESH in arn


_FREES = ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary")


_KINDS = dict.fromkeys(("passed", "usable-role", "assumable-role", "own-role"), "role")


def _documents(action: str, principal: Principal) -> Iterator[str]:
    """Documents that the principal may run and that run any command: AWS's, new ones, and those it can edit."""
    strong = [f"arn:{principal.caller.partition}:ssm:*:*:document/{name}" for name in attacker()["documents"]]
    for document in targets(principal, action, "document"):
        yield from (text for pattern in strong if (text := common_arn(document.replace(FRESH, "*"), pattern, FRESH)))
        writes = ("ssm:CreateDocument", "ssm:UpdateDocument")
        if FRESH in document.rpartition("/")[2] or any(
            answer(can(principal, write, document)) is not Tri.NO for write in writes
        ):
            yield document


def _own(arns: Iterable[str] | None, steps: list[Step], principal: Principal) -> Iterator[tuple[str, bool]]:
    """Resources that certainly belong to the principal; if not known, those that the policies cover, certain only if
    the patterns name no exact resource.
    """
    if arns is not None:
        yield from ((arn, True) for arn in arns)
    else:
        yield from ((arn, FRESH in arn) for step in steps for arn in targets(principal, step.action))


def _known(target: str, service: str, principal: Principal, account: Account) -> Iterable[str]:
    if target == "user":
        return account.admins_first(account.users)
    if target == "group":
        return [arn for arn in account.admins_first(account.groups) if arn not in (principal.groups or ())]
    if target == "passed":
        own = [role for role in account.trusting(service) if f"::{principal.account}:" in role.arn]
        # EC2 takes a role by its instance profile only.
        in_profiles = service != "ec2.amazonaws.com" or _may_make_profiles(principal)
        return [role.arn for role in own if in_profiles or role.has_instance_profile is not False]
    roles = account.admins_first(account.roles)
    if target == "assumable-role":
        return roles
    mine = [arn for arn in roles if f"::{principal.account}:" in arn]
    return [arn for arn in mine if _is_named(principal, account.roles[arn])] if target == "own-role" else mine


@lru_cache(maxsize=1 << 14)
def _may_make_profiles(principal: Principal) -> bool:
    actions = ("iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile")
    return all(answer(allows(principal, action)) is not Tri.NO for action in actions)


def _is_named(principal: Principal, role: Role) -> bool:
    """Whether the role's trust policy alone admits the principal: without its own permissions, but with its Denies."""
    bare = replace(principal, policies=tuple(with_only("Deny", policy) for policy in principal.policies))
    return answer(can(bare, "sts:AssumeRole", role.arn, None, role.trust, role.rcp_levels)) is not Tri.NO


def with_only(effect: Effect, policy: Policy) -> Policy:
    """The policy with only its Allow or its Deny statements."""
    if policy.document is None:
        return policy
    kept = tuple(statement for statement in policy.document.statements if statement.effect == effect)
    name = f"{policy.document.hash}:{effect}"
    return replace(policy, document=replace(policy.document, statements=kept, hash=name))
