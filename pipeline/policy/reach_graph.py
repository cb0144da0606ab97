"""The graph of reach: who can become whom, by role trust, by escalation, and with other tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.policy import alike
from pipeline.policy.account import Account, Role, Workload
from pipeline.policy.assumers import named
from pipeline.policy.callers import account_of
from pipeline.policy.document import Document
from pipeline.policy.escalation import IDS_OF_TAGGING, Escalation, escalations
from pipeline.policy.escalation_grants import assuming
from pipeline.policy.escalation_paths import may_escalate
from pipeline.policy.principal import FRESH, Principal
from pipeline.policy.reach_trust import Trusts
from pipeline.policy.request import Decision, Evidence, Verdict
from pipeline.policy.rights import Admin, Admins, is_admin
from pipeline.policy.tagging import Retagged, may_tag_roles, retagged, speaking_of_tags, tagged_by
from pipeline.policy.tri import Tri
from pipeline.policy.ways import Edge, Into, distances, into_targets
from pipeline.policy.writers import levers_of, may_write_anything, writes_into, writes_into_role


@dataclass(frozen=True, slots=True)
class Hop:
    """One step: `how` is sts:AssumeRole or the id of an escalation path; `target` is a principal, or "administrator
    of <account>".
    """

    target: str
    how: str


Inventory = tuple[Mapping[str, tuple[Workload, ...]], Mapping[str, str]]
"""What runs in an account by dataset, and {dataset: why it was not read}, as in `Account`."""


class Graph:
    """Nodes: ARNs, shared nodes of equal policies, those of `Trusts`, "administrator of <account>"."""

    def __init__(
        self,
        everyone: list[Principal],
        roles: Iterable[Role],
        groups: Mapping[str, Mapping[str, Tri]],
        inventories: Mapping[str, Inventory],
        first: Iterable[tuple[str, str, Tri]] = (),
    ) -> None:
        admins = Admins()
        self.admins: dict[str, Admin] = {principal.arn: admins.of(principal) for principal in everyone}
        self.by_arn = {principal.arn: principal for principal in everyone}
        self.roles = {role.arn: replace(role, admin=self._judged(role.arn)) for role in roles}
        self.members: dict[Hashable, list[Principal]] = defaultdict(list)
        self.edges: list[Edge] = []
        for principal in everyone:
            node = (principal.account, alike.key(principal))
            self.members[node].append(principal)
            self.edges.append(Edge(principal.arn, node, "", Tri.YES, cost=0))
        # Edges on what was not read or collected, and what that is.
        self.unread: dict[Edge, tuple[str, ...]] = {}
        self.accounts = self._accounts(groups, inventories)
        self._escalation_edges(self.accounts)
        self.edges += [Edge(arn, administrator(account_of(arn)), path, verdict) for arn, path, verdict in first]
        self.trusts = Trusts(self.by_arn, self.members)
        self.edges += self.trusts.edges(self.roles.values())
        self.tagged: dict[str, Principal] = {}
        self.of_roles: tuple[Document, ...] = ()
        self.taggers: dict[str, list[str]] = defaultdict(list)
        self._tag_edges()
        for at_least in (Tri.YES, Tri.DEPENDS):
            self._edges_of_writers(at_least)

    def starts(self, at_least: Tri) -> list[Hashable]:
        accounts = dict.fromkeys(principal.account for principal in self.by_arn.values())
        admins = [arn for arn, admin in self.admins.items() if admin.verdict >= at_least]
        return [*admins, *(administrator(account) for account in accounts)]

    def evidence(self, arn: str, hops: Iterable[Hop]) -> Iterator[Evidence]:
        """Evidence for the conditions of a way: of each conditional step, and of the administrator at its end."""
        at = arn
        for hop in hops:
            for decision in self.decisions(at, hop):
                if decision.verdict is Verdict.DEPENDS:
                    yield from decision.evidence
            at = hop.target
        if at in self.admins and self.admins[at].verdict is Tri.DEPENDS:
            yield from self.admins[at].evidence

    def decisions(self, at: str, hop: Hop) -> Iterator[Decision]:
        """The decisions of a step from a principal: of each action that it takes."""
        principal = self.by_arn.get(at) or self.tagged.get(at)
        if principal is None:
            return
        if hop.target in self.tagged:
            yield from self._tagging(principal, hop)
            return
        if role := self.roles.get(hop.target) if hop.how == "sts:AssumeRole" else None:
            yield assuming(principal, role)
            return
        paths = escalations(principal, self.accounts[principal.account], ignore=_NOT_BY_PATHS).paths
        yield from (grant.decision for path in paths if path.path.id == hop.how for grant in path.grants)

    def _tagging(self, principal: Principal, hop: Hop) -> Iterator[Decision]:
        holder = self.tagged[hop.target]
        ways = (
            retagged(principal, self.of_roles)
            if holder.arn == principal.arn
            else tagged_by(principal, self.roles[holder.arn], self.by_arn[holder.arn], self.of_roles)
        )
        yield from (decision for one in ways if one.principal.tags == holder.tags for decision in one.decisions)

    def _judged(self, arn: str) -> Tri:
        return self.admins[arn].verdict if arn in self.admins else Tri.DEPENDS

    def _accounts(
        self, groups: Mapping[str, Mapping[str, Tri]], inventories: Mapping[str, Inventory]
    ) -> dict[str, Account]:
        roles: dict[str, dict[str, Role]] = defaultdict(dict)
        users: dict[str, dict[str, Tri]] = defaultdict(dict)
        for arn, role in self.roles.items():
            roles[account_of(arn)][arn] = role
        for arn, principal in self.by_arn.items():
            if principal.kind == "user":
                users[principal.account][arn] = self._judged(arn)
        names = dict.fromkeys((*roles, *users, *groups, *(principal.account for principal in self.by_arn.values())))
        return {
            name: Account(
                roles.get(name, {}), users.get(name, {}), groups.get(name, {}), {}, *inventories.get(name, ({}, {}))
            )
            for name in names
        }

    def _escalation_edges(self, accounts: Mapping[str, Account]) -> None:
        for arn, principal in self.by_arn.items():
            if self._judged(arn) is not Tri.YES and may_escalate(principal):
                self._escalation_edges_of(arn, principal, accounts[principal.account], self.admins[arn])

    def _escalation_edges_of(self, node: str, principal: Principal, account: Account, admin: Admin) -> None:
        judged = escalations(principal, account, ignore=_NOT_BY_PATHS, admin=admin)
        self.edges += [edge for escalation in judged.paths for edge in self._edges_along(node, escalation)]
        for escalation in judged.undecided:
            if escalation.unread:
                self.unread |= dict.fromkeys(self._edges_along(node, escalation), escalation.unread)

    def _edges_along(self, node: str, escalation: Escalation) -> Iterator[Edge]:
        path = escalation.path
        joins = any(":group/" in target for target in escalation.targets)
        if path.gain == "grant" or escalation.first or joins:
            verdict = min(escalation.verdict, escalation.leads_to_admin)
            if verdict is not Tri.NO:
                yield Edge(node, administrator(account_of(node)), path.id, verdict)
        elif path.gain == "become":
            for target, verdict in escalation.targets.items():
                if target in self.by_arn:
                    yield Edge(node, target, path.id, verdict)

    # -- with other tags

    def _tag_edges(self) -> None:
        """Edges to principals with tags that they give themselves, or that somebody who assumes the role gives it."""
        limits = (policy for role in self.roles.values() for level in role.rcp_levels or () for policy in level)
        policies = (*(role.trust for role in self.roles.values()), *limits)
        self.of_roles = speaking_of_tags(dict.fromkeys(policy.document for policy in policies))
        for arn, principal in self.by_arn.items():
            if self._judged(arn) is not Tri.YES and may_tag_roles(principal):
                self.taggers[principal.account].append(arn)
        for arn, principal in self.by_arn.items():
            if self._judged(arn) is Tri.YES:
                continue
            for other in retagged(principal, self.of_roles):
                self._tag_edge(arn, other)
            role = self.roles.get(arn) if speaking_of_tags((*principal.documents, *self.of_roles)) else None
            if role:
                self._tag_edges_into(role, principal)

    def _tag_edges_into(self, role: Role, holder: Principal) -> None:
        trusted, accounts = named(role.trust.document, holder.account)
        taggers = (arn for account in (self.taggers if "*" in accounts else accounts) for arn in self.taggers[account])
        for arn in dict.fromkeys((*taggers, *(name for name in trusted if name in self.by_arn))):
            actor = self.by_arn[arn]
            verdict = self.trusts.may_assume(actor, role) if actor is not holder else Tri.NO
            for other in tagged_by(actor, role, holder, self.of_roles) if verdict is not Tri.NO else ():
                self._tag_edge(arn, other, verdict)

    def _tag_edge(self, source: str, other: Retagged, at_most: Tri = Tri.YES) -> None:
        holder = other.principal
        tags = ", ".join(f"{key}={value}" for key, value in sorted((holder.tags or {}).items()))
        node = f"{holder.arn} with tags {tags.replace(FRESH, '*')}" if tags else f"{holder.arn} without tags"
        self.edges.append(Edge(source, node, other.action, min(other.verdict, at_most)))
        if node in self.tagged:
            return
        self.tagged[node], admin = holder, is_admin(holder)
        if admin.verdict is not Tri.NO:
            self.edges.append(Edge(node, administrator(holder.account), "", admin.verdict, cost=0))
        self._escalation_edges_of(node, holder, self.accounts[holder.account], admin)
        for role in self.roles.values():
            if role.arn != holder.arn and _may_name(role, holder.account):
                self.edges += self.trusts.edge(node, holder, role)

    # -- whoever reaches a writer and whom it writes into

    def _edges_of_writers(self, at_least: Tri) -> None:
        """Edges for a principal that reaches both a writer and a user or role whose permissions the writer can change,
        such as a user who assumes a role that can edit that user.
        """
        into = into_targets(self.edges, at_least)
        out = into_targets((replace(edge, source=edge.target, target=edge.source) for edge in self.edges), at_least)
        done = distances(into, self.starts(at_least))
        for node, writer in {**self.by_arn, **self.tagged}.items():
            if node not in done and may_write_anything(writer):
                for source, (steps, _) in distances(into, [node]).items():
                    if source in self.by_arn and source not in done:
                        self.edges += self._by_writer(writer, str(source), steps, out, at_least)

    def _by_writer(self, writer: Principal, source: str, steps: int, out: Into, at_least: Tri) -> Iterator[Edge]:
        for target, (further, _) in distances(out, [source]).items():
            if target == writer.arn:
                continue
            if other := self.by_arn.get(str(target)):
                written = writes_into(writer, other, other.arn, levers_of(other))
            elif role := self.roles.get(str(target)):
                written = writes_into_role(writer, role)
            else:
                continue
            if written.verdict >= at_least:
                yield Edge(source, administrator(writer.account), written.how, at_least, steps + further + 1)


# Trust and tags are looked at by themselves, over the accounts.
_NOT_BY_PATHS = IDS_OF_TAGGING | {"sts-assume-role"}


def administrator(account: str) -> str:
    return f"administrator of {account}"


def _may_name(role: Role, account: str) -> bool:
    """Whether the role's trust policy may let a principal of the account in: it is of the account, or mentions it."""
    trust = role.trust.document
    return account_of(role.arn) == account or (trust is not None and _mentions(trust, account))


@lru_cache(maxsize=1 << 16)
def _mentions(document: Document, account: str) -> bool:
    return any(account in statement.text or '"*"' in statement.text for statement in document.statements)
