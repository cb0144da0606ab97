"""Privilege escalation: the paths of the catalogue evaluated for one principal.

A path counts only if every step is effectively allowed, on a resource that benefits the principal. Without an
`Account`, only the principal's policies are evaluated, and other prerequisites are assumed to exist; with one, they
are looked up.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.policy.account import Account, gives_more
from pipeline.policy.escalation_grants import Grant
from pipeline.policy.escalation_paths import Path, may_escalate, paths
from pipeline.policy.escalation_steps import steps_of
from pipeline.policy.escalation_targets import with_only
from pipeline.policy.escalation_workloads import on_existing
from pipeline.policy.principal import Principal
from pipeline.policy.rights import Admin, is_admin
from pipeline.policy.tagging import may_gain, retagged, speaking_of_tags
from pipeline.policy.tri import Tri, some
from pipeline.policy.writers import Helped, at_most, may_write_anything


@dataclass(frozen=True, slots=True)
class Escalation:
    """A path open to the principal. `verdict` DEPENDS: under the conditions in the decisions of `grants`.

    `targets`: {target, possibly "self": verdict}. `leads_to_admin`: YES if a target is an administrator or the path
    grants everything, DEPENDS if the targets were not evaluated. `unread`: what the path needs and was not read.
    `first`: the target, if its rights have to be changed first.
    """

    path: Path
    verdict: Tri
    grants: tuple[Grant, ...]
    targets: Mapping[str, Tri]
    leads_to_admin: Tri
    unread: tuple[str, ...] = ()
    first: str = ""


@dataclass(frozen=True, slots=True)
class Escalations:
    """`undecided`: paths whose target is named by a policy, if it is not known whether that is the principal's own, and
    paths on what was not read or collected.
    `unreadable`: identity policies that could not be read; paths they might allow are missing, so an empty list of
    paths is inconclusive.
    """

    admin: Admin
    paths: tuple[Escalation, ...] = ()
    undecided: tuple[Escalation, ...] = ()
    unreadable: tuple[str, ...] = ()


def escalations(
    principal: Principal,
    account: Account | None = None,
    *,
    admins_too: bool = False,
    ignore: frozenset[str] = frozenset(),
    admin: Admin | None = None,
    given: set[Hashable] | None = None,
) -> Escalations:
    """Every path open to the principal, except ids in `ignore`. Administrators have none (they need none) unless
    `admins_too`. `admin`: the result of `is_admin`, if known. `given`: the rights that were given on the way here.
    """
    admin = admin or is_admin(principal)
    unreadable = tuple(policy.name for policy in principal.policies if policy.document is None)
    if admin.verdict is Tri.YES and not admins_too:
        return Escalations(admin, unreadable=unreadable)
    if unreadable:
        principal = replace(principal, policies=tuple(policy for policy in principal.policies if policy.document))
    if account and account.strong:
        principal = replace(principal, strong=account.strong)
    possible = [path for path in may_escalate(principal) if path.id not in ignore]
    judged = [escalation for path in possible if (escalation := _judge(path, principal, account, given))]
    sure, unsure = (tuple(escalation for escalation, is_sure in judged if is_sure is kind) for kind in (True, False))
    if account and may_write_anything(principal) and not any(map(_makes_admin, sure)):
        helped = {better.path.id: better for better in _with_help(possible, principal, account, sure)}
        sure = (*(path for path in sure if path.path.id not in helped), *helped.values())
    return Escalations(admin, sure, unsure, unreadable)


def _makes_admin(escalation: Escalation) -> bool:
    return escalation.verdict is Tri.YES is escalation.leads_to_admin


def _with_help(
    possible: Iterable[Path], principal: Principal, account: Account, without: Iterable[Escalation]
) -> Iterator[Escalation]:
    """Paths to users, roles and groups that the principal first gives rights, or takes a boundary or Denies off."""
    helped, before = Helped.of(account, principal), {escalation.path.id: escalation for escalation in without}
    for path in possible:
        judged = _judge(path, principal, helped) if path.gain == "become" and not path.lifts else None
        if judged is None or not judged[1]:
            continue
        verdicts = {arn: min(verdict, helped.written(arn).verdict) for arn, verdict in judged[0].targets.items()}
        target = max(verdicts, key=lambda arn: verdicts[arn])
        verdict, earlier = verdicts[target], before.get(path.id)
        if verdict is Tri.NO or (earlier and (earlier.verdict > verdict or earlier.leads_to_admin is Tri.YES)):
            continue
        grants = (*judged[0].grants, *helped.written(target).grants)
        yield Escalation(path, verdict, grants, {target: verdict}, Tri.YES, first=target)


# -- one path


def _judge(
    path: Path, principal: Principal, account: Account | None, given: set[Hashable] | None = None
) -> tuple[Escalation, bool] | None:
    """(the escalation, whether its target is certain), or None if the path is closed."""
    if path.lifts == "tag":
        return _by_tagging(path, principal, account)
    of_another = any(step.target == "usable-role" for step in path.steps)
    if path.lifts and not of_another and account is not None and not _holds_back(principal, path.lifts):
        return None
    ways = [steps_of(path, service, principal, account) for service in path.passes_to or ("",)]
    open_ways = sorted((way for way in ways if way), key=lambda way: (way.sure, way.verdict), reverse=True)
    if not open_ways:
        return None
    best = open_ways[0]
    reached: dict[str, Tri] = {}
    for way in reversed(open_ways):
        reached |= way.reached
    found = Escalation(path, best.verdict, tuple(best.grants), reached, Tri.DEPENDS)
    if account is not None and not (path.lifts and not of_another):
        on_what_exists = _in_account(found, principal, account)
        if on_what_exists is None:
            return None
        found = on_what_exists
    if account is not None and path.gain == "grant" and not path.lifts and found.targets:
        worth = _worth_giving(found, principal, account, given)
        return (worth, best.sure and not found.unread) if worth else None
    leads_to_admin = _leads_to_admin(path, found.targets, account)
    if account is not None and all(step.target == "group" for step in path.steps):
        joined = {arn: found.targets[arn] for arn in found.targets if _gains_by_joining(principal, arn, account)}
        leads_to_admin = min(some(map(account.judged, joined)), is_admin(at_most(principal)).verdict)
        found = replace(found, targets=joined)
        if not joined:
            return None
    return replace(found, leads_to_admin=leads_to_admin), best.sure and not found.unread


def _gains_by_joining(principal: Principal, group: str, account: Account) -> bool:
    """Whether the group gives the principal more, for all that its boundary and its Denies leave."""
    member = account.holders.get(group)
    if member is None or is_admin(at_most(principal)).verdict is not Tri.NO:
        return True
    joined = replace(principal, policies=(*principal.policies, *member.policies))
    return gives_more(joined, principal) is not Tri.NO


def _worth_giving(
    escalation: Escalation, principal: Principal, account: Account, given: set[Hashable] | None
) -> Escalation | None:
    """A path that gives rights, on targets that gain by it: a boundary holds a target back from all that it leaves out.

    None without such targets.
    """
    worth = {target: _gained(target, principal, account, given) for target in escalation.targets}
    targets = {target: verdict for target, verdict in escalation.targets.items() if worth[target] is not None}
    leads_to_admin = some(worth[target] or Tri.NO for target in targets)
    return replace(escalation, targets=targets, leads_to_admin=leads_to_admin) if targets else None


def _gained(target: str, principal: Principal, account: Account, given: set[Hashable] | None) -> Tri | None:
    """Whether the target is or becomes an administrator if it is given everything; None if the actor gains nothing.

    Policies and groups are the actor's own.
    """
    is_own = target in ("self", principal.arn) or ":policy/" in target or ":group/" in target
    holder = principal if is_own else account.holders.get(target)
    if holder is None:
        role = account.roles.get(target)
        return role.at_most if role else Tri.YES
    if holder.boundary is None:
        return Tri.YES
    return _within_boundary(holder, principal, account) if given is None else _left(holder, principal, account, given)


@lru_cache(maxsize=256)
def _within_boundary(holder: Principal, actor: Principal, account: Account) -> Tri | None:
    return _left(holder, actor, account, set())


def _left(holder: Principal, actor: Principal, account: Account, given: set[Hashable]) -> Tri | None:
    """The same for a holder with a boundary. None if its rights are in `given`: they are counted where they were given,
    and bounded roles may well write into each other.
    """
    full = at_most(holder)
    denies = frozenset(policy.document for policy in full.policies if policy.document and policy.document.statements)
    rights = holder.kind, holder.boundary, denies
    if rights in given:
        return None
    given.add(rights)
    further = escalations(full, account, ignore=_BY_GIVING | IDS_OF_TAGGING, given=given).paths
    leads_to_admin = some((is_admin(full).verdict, *(min(one.verdict, one.leads_to_admin) for one in further)))
    gains = leads_to_admin is not Tri.NO or gives_more(full, actor) is not Tri.NO
    return leads_to_admin if gains else None


_OWN = ("self-user", "own-role", "own-policy", "own-group", "new-group")
_BY_GIVING = frozenset(
    path.id
    for path in paths()
    if path.gain == "grant" and not path.lifts and any(step.target in _OWN for step in path.steps)
)


def _in_account(found: Escalation, principal: Principal, account: Account) -> Escalation | None:
    """The path on what the account has, for targets from which the principal gains; None if there are none."""
    path, reached = found.path, found.targets
    if path.runs_as or path.on or path.uncollected:
        existing = on_existing(path, principal, account)
        if existing is None:
            return None
        specific = {grant.action: grant for grant in existing.grants}
        grants = tuple(specific.pop(grant.action, grant) for grant in found.grants)
        verdict = min(found.verdict, existing.verdict)
        if path.runs_as:
            reached = {arn: min(one, verdict) for arn, one in existing.roles.items() if arn != principal.arn}
        found = replace(found, verdict=verdict, grants=grants, unread=existing.unread)
    if path.gain == "become" and not path.lifts:
        reached = {arn: verdict for arn, verdict in reached.items() if account.gains(principal, arn) is not Tri.NO}
        return replace(found, targets=reached) if reached else None
    return replace(found, targets=reached)


def _by_tagging(path: Path, principal: Principal, account: Account | None) -> tuple[Escalation, bool] | None:
    """What the principal gains by the best tags that it can set by the path's action, as its last step."""
    best_so_far: Escalation | None = None
    trusts = speaking_of_tags(account.trusts) if account else ()
    for other in retagged(principal, trusts):
        leads_to_admin = _gained_by_tags(principal, other.principal, account)
        if other.action != path.steps[0].action or leads_to_admin is None:
            continue
        grants = tuple(Grant(path.steps[0].action, "self", decision) for decision in other.decisions)
        found = Escalation(path, other.verdict, grants, {"self": other.verdict}, leads_to_admin)
        if best_so_far is None or (leads_to_admin, found.verdict) > (best_so_far.leads_to_admin, best_so_far.verdict):
            best_so_far = found
    return (best_so_far, True) if best_so_far else None


def _gained_by_tags(principal: Principal, other: Principal, account: Account | None) -> Tri | None:
    """Whether the principal becomes administrator by its other tags, now or by a further path; None if it gains
    nothing.
    """
    if not may_gain(principal, other, speaking_of_tags(account.trusts) if account else ()):
        return None
    if is_admin(other).verdict > is_admin(principal).verdict:
        return is_admin(other).verdict
    before, after = (_open_without_tagging(who, account) for who in (principal, other))
    further = [one.leads_to_admin for id, one in after.items() if id not in before or one.verdict > before[id].verdict]
    gains_right = gives_more(other, principal) is Tri.YES
    return some(further) if further or gains_right else None


def _open_without_tagging(principal: Principal, account: Account | None) -> dict[str, Escalation]:
    judged = escalations(principal, account, ignore=IDS_OF_TAGGING)
    return {one.path.id: one for one in judged.paths if one.path.gain != "resource"}


IDS_OF_TAGGING = frozenset({"iam-tag-user", "iam-untag-user", "iam-tag-role", "iam-untag-role"})


# -- what a path is worth


def _leads_to_admin(path: Path, reached: Iterable[str], account: Account | None) -> Tri:
    if path.gain != "become":
        return Tri.YES if path.gain == "grant" else Tri.NO
    if account is None:
        return Tri.DEPENDS
    if path.lifts:
        return some(account.roles[arn].held_back for arn in reached if arn in account.roles)
    return some(account.judged(arn) for arn in reached)


@lru_cache(maxsize=4096)
def _holds_back(principal: Principal, what: str) -> bool:
    """Whether the principal would be an administrator or could escalate without its boundary, or without its Denies."""
    if what == "boundary":
        freed = replace(principal, boundary=None)
    else:
        freed = replace(principal, policies=tuple(with_only("Allow", policy) for policy in principal.policies))
    if is_admin(freed).verdict > is_admin(principal).verdict:
        return True
    open_paths = {escalation.path.id for escalation in escalations(freed).paths if not escalation.path.lifts}
    return not open_paths <= {escalation.path.id for escalation in escalations(principal).paths}
