"""Changing the rights of others: what an actor can give a user, role or group or take off it, and what it then is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cache, lru_cache
from itertools import combinations

from pipeline.policy.account import Account, Levers, Role, is_reserved
from pipeline.policy.callers import account_of
from pipeline.policy.escalation_grants import Grant, granted
from pipeline.policy.escalation_paths import paths
from pipeline.policy.escalation_requests import ABSENT
from pipeline.policy.escalation_targets import with_only
from pipeline.policy.evaluate import statements_on
from pipeline.policy.principal import Principal, answer
from pipeline.policy.request import Policy
from pipeline.policy.rights import is_admin
from pipeline.policy.tri import Tri, every

EVERYTHING = Policy.read(
    "everything", {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
)
_KINDS = ("User", "Role", "Group")
GIVES = {kind.lower(): (f"iam:Put{kind}Policy", f"iam:Attach{kind}Policy") for kind in _KINDS}
FREES = {
    kind.lower(): (f"iam:Delete{kind}PermissionsBoundary", f"iam:Put{kind}PermissionsBoundary") for kind in _KINDS[:2]
}
LIFTS = {kind.lower(): (f"iam:Detach{kind}Policy", f"iam:Delete{kind}Policy") for kind in _KINDS}
REWRITES = "iam:CreatePolicyVersion"


@dataclass(frozen=True, slots=True)
class Written:
    """Whether the actor can make the target an administrator by changing its rights, and the actions that do it."""

    verdict: Tri = Tri.NO
    grants: tuple[Grant, ...] = ()

    @property
    def how(self) -> str:
        """The path of the catalogue that is most like it."""
        return _like()[self.grants[0].action] if self.grants else ""


@lru_cache(maxsize=1 << 12)
def may_write_anything(principal: Principal) -> bool:
    """Whether any policy of the principal may allow changing the rights of users, roles or groups."""
    documents = [policy.document for policy in principal.policies if policy.document]
    return any(statements_on(document, action, "Allow") for document in documents for action in _WRITES)


_WRITES = (REWRITES, *(action for table in (GIVES, FREES, LIFTS) for actions in table.values() for action in actions))


def at_most(principal: Principal) -> Principal:
    """The principal with every right that its Denies, its boundary and the SCPs leave."""
    return replace(principal, policies=(*(with_only("Deny", policy) for policy in principal.policies), EVERYTHING))


@lru_cache(maxsize=1 << 15)
def writes_into(actor: Principal, target: Principal, arn: str, levers: Levers) -> Written:
    """What the actor can make of the target, a user, role or group of its account with this ARN and these levers."""
    if is_reserved(arn) or actor.account != account_of(arn):
        return Written()
    kind = arn.split(":")[5].split("/")[0]
    steps = {name: _best(actor, ways, levers) for name, ways in _possible(kind, arn, target, levers).items()}
    open_steps = {name: grant for name, grant in steps.items() if grant}
    best = Written()
    for count in range(1, len(open_steps) + 1):
        for names in combinations(open_steps, count):
            grants = tuple(open_steps[name] for name in names)
            verdict = every((*(answer(grant.decision) for grant in grants), is_admin(_after(target, names)).verdict))
            best = max(best, Written(verdict, grants), key=lambda written: written.verdict)
        if best.verdict is Tri.YES:
            break
    return best


def writes_into_role(actor: Principal, role: Role) -> Written:
    """The same for a role of which only the levers are known, and what it could be at most."""
    if is_reserved(role.arn) or actor.account != account_of(role.arn):
        return Written()
    nobody = Principal(role.arn)
    possible = _possible("role", role.arn, nobody, role.levers)
    steps = {name: _best(actor, ways, role.levers) for name, ways in possible.items()}
    give, free = steps["give"], steps["free"]
    if give is None:
        return Written()
    verdict = answer(give.decision)
    as_it_is = Written(min(verdict, role.at_most), (give,))
    if free is None or as_it_is.verdict is Tri.YES:
        return as_it_is
    freed = Written(min(verdict, answer(free.decision)), (give, free))
    return max(as_it_is, freed, key=lambda written: written.verdict)


def _best(actor: Principal, possible: Iterable[tuple[str, str]], levers: Levers) -> Grant | None:
    """The action of these that the actor may take the most; None if it may take none."""
    boundary = levers.boundary or ABSENT
    grants = (granted(action, resource, "", actor, None, boundary) for action, resource in possible)
    best = max(grants, key=lambda grant: answer(grant.decision), default=None)
    return best if best and answer(best.decision) is not Tri.NO else None


def has_denies(principal: Principal) -> bool:
    """Whether a policy of its own denies it something."""
    documents = [policy.document for policy in principal.policies if policy.document]
    return any(statement.effect == "Deny" for document in documents for statement in document.statements)


def _possible(kind: str, arn: str, target: Principal, levers: Levers) -> Mapping[str, list[tuple[str, str]]]:
    """What gives it rights, takes its boundary off, and takes Denies off it: actions and their resources."""
    return {
        "give": [
            *((action, arn) for action in GIVES[kind]),
            *((REWRITES, policy) for policy in levers.policies),
            *((action, group) for group in levers.groups for action in GIVES["group"]),
        ],
        "free": [*((action, arn) for action in FREES[kind]), (REWRITES, levers.boundary)] if levers.boundary else [],
        "lift": [(action, arn) for action in LIFTS[kind]] if has_denies(target) else [],
    }


def _after(target: Principal, names: Iterable[str]) -> Principal:
    """The target when these steps are taken."""
    if "free" in names:
        target = replace(target, boundary=None)
    if "lift" in names:
        target = replace(target, policies=tuple(with_only("Allow", policy) for policy in target.policies))
    return at_most(target) if "give" in names else target


@dataclass(frozen=True, eq=False)
class Helped(Account):
    """The account as the actor can make it: whom it can make an administrator counts as one."""

    actor: Principal | None = None

    @classmethod
    def of(cls, account: Account, actor: Principal) -> Helped:
        as_it_is = {field.name: getattr(account, field.name) for field in fields(account) if field.init}
        return cls(**as_it_is, actor=actor)

    def judged(self, arn: str) -> Tri:
        return max(super().judged(arn), self.written(arn).verdict)

    def gains(self, actor: Principal, arn: str) -> Tri:
        return max(super().gains(actor, arn), self.written(arn).verdict)

    def written(self, arn: str) -> Written:
        """What the actor can make of the user, role or group."""
        holder = self.holders.get(arn)
        return writes_into(self.actor, holder, arn, self.levers_of(arn)) if holder and self.actor else Written()


def levers_of(principal: Principal) -> Levers:
    """The levers of a principal that is known itself."""
    boundary = principal.boundary.arn if principal.boundary else ""
    return Levers(principal.customer_policies, boundary, principal.groups or ())


@cache
def _like() -> Mapping[str, str]:
    """By action, the path of the catalogue in which the actor does that to itself."""
    alone = [path for path in paths() if path.gain == "grant" and len(path.steps) == 1]
    return {path.steps[0].action: path.id for path in reversed(alone)}
