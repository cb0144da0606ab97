"""Escalation paths on what runs in the account: functions, projects, instances, clusters, and the roles they run as.

A path that borrows the role of something existing is open only if there is such a thing, and only to its role.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline.policy import actions
from pipeline.policy.account import Account, Workload
from pipeline.policy.document import Document
from pipeline.policy.escalation_grants import Grant, granted
from pipeline.policy.escalation_paths import Path, Step
from pipeline.policy.escalation_requests import ABSENT
from pipeline.policy.match import resource_matches, statement_covers_action
from pipeline.policy.principal import Principal, answer
from pipeline.policy.targets import template
from pipeline.policy.tri import Tri, every


@dataclass(frozen=True, slots=True)
class Existing:
    """What a path can act upon: the best verdict with its grants, by role that something runs as, and what was not
    read or collected, so that the verdict is not certain.
    """

    verdict: Tri
    grants: tuple[Grant, ...]
    roles: Mapping[str, Tri]
    unread: tuple[str, ...] = ()


def on_existing(path: Path, principal: Principal, account: Account) -> Existing | None:
    """The path on what the account has of the kind that it acts upon; None if it has nothing that the principal may
    act upon.
    """
    uncollected = (f"Rolecall does not collect {path.uncollected}",) if path.uncollected else ()
    found = _on_workloads(path, principal, account) if path.on else Existing(Tri.YES, (), {})
    not_read = account.not_read(path.on) if path.on and found.verdict is Tri.NO else ""
    if found.verdict is Tri.NO and not not_read:
        return None
    verdict = Tri.YES if not_read else found.verdict
    borrowed = found.roles or (_trusting(path, account) if path.runs_as else {})
    return Existing(verdict, found.grants, borrowed, (*((not_read,) if not_read else ()), *uncollected))


def _trusting(path: Path, account: Account) -> dict[str, Tri]:
    """The roles that something could run as, by their trust policies."""
    roles = (role for service in path.runs_as for role in account.trusting(service))
    return {
        role.arn: Tri.YES
        for role in roles
        # EC2 takes a role by its instance profile only.
        if path.runs_as != ("ec2.amazonaws.com",) or role.has_instance_profile is not False
    }


def _on_workloads(path: Path, principal: Principal, account: Account) -> Existing:
    verdict, best_grants = Tri.NO, tuple[Grant, ...]()
    roles: dict[str, Tri] = {}
    for workload in _worth_trying(path, principal, account):
        grants = tuple(_grants(path, workload, principal))
        found = every(answer(grant.decision) for grant in grants)
        if found > verdict:
            verdict, best_grants = found, grants
        if found is not Tri.NO and workload.role_arn and path.runs_as:
            roles[workload.role_arn] = max(found, roles.get(workload.role_arn, Tri.NO))
        if found is Tri.YES and not path.runs_as:
            break
    return Existing(verdict, best_grants, roles)


def _worth_trying(path: Path, principal: Principal, account: Account) -> Iterator[Workload]:
    """The workloads, those with roles of administrators first; one for each role and Region if all are treated alike.

    Those that run as no role, or as one from which the principal gains nothing, are left out if the path borrows it.
    """
    steps = [step.action for step in path.steps]
    alike = all(_treats_alike(document, action) for document in principal.documents for action in steps)
    seen: set[tuple[str | None, str]] = set()
    for workload in account.workloads_of(path.on):
        role, region = workload.role_arn, workload.arn.split(":")[3]
        is_of_use = role is None or (role not in ("", principal.arn) and account.gains(principal, role) is not Tri.NO)
        if (is_of_use or not path.runs_as) and not (alike and (role, region) in seen):
            seen.add((role, region))
            yield workload


def _grants(path: Path, workload: Workload, principal: Principal) -> Iterator[Grant]:
    for step in path.steps:
        if _accepts(step, workload.arn):
            yield granted(step.action, workload.arn, "", principal, None, ABSENT)


@lru_cache(maxsize=1 << 14)
def _accepts(step: Step, arn: str) -> bool:
    """Whether the step's action takes resources such as this one."""
    if step.target in ("passed", "document"):
        return False
    entry = actions.find(step.action)
    partition, account = arn.split(":")[1], arn.split(":")[4]
    return entry is not None and any(
        resource_matches(template(shape, partition, account), arn)
        for name, shape in entry.resource_types
        if step.resource_type in ("", name)
    )


@lru_cache(maxsize=1 << 16)
def _treats_alike(document: Document, action: str) -> bool:
    """Whether the document treats all resources alike for the action."""
    return all(
        statement.not_resources is None and set(statement.resources or ("*",)) == {"*"}
        for statement in document.statements
        if statement_covers_action(statement, action)
    )
