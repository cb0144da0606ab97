"""Reach: which principals can become administrator, in how many steps, through role trust and escalation, within and
across accounts.

In the graph, principals with equal policies share one node wherever a role's trust policy treats them alike, so that
work grows with distinct policies and edges. A principal is never its own target, so escalation is evaluated for each
one. Steps are counted backwards from the administrators. An edge costs one step; membership in a shared node none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count

from pipeline.policy.account import Account, Role, may_assume
from pipeline.policy.assumers import Assumers, named, open_to_account, treats_alike
from pipeline.policy.callers import account_of, caller
from pipeline.policy.escalation import escalations
from pipeline.policy.escalation_paths import may_escalate
from pipeline.policy.principal import Principal, can
from pipeline.policy.profiles import Profiles
from pipeline.policy.request import Decision, Evidence, Verdict
from pipeline.policy.rights import Admin
from pipeline.policy.tri import Tri
from pipeline.policy.writers import may_write_anything, writes_into


@dataclass(frozen=True, slots=True)
class Hop:
    """One step: `how` is sts:AssumeRole or the id of an escalation path; `target` is a principal, or "administrator
    of <account>".
    """

    target: str
    how: str


@dataclass(frozen=True, slots=True)
class Reach:
    """`steps` to administrator by unconditional ways, None if there are none; 0 is an administrator.

    `possible_steps` includes conditional ways. `hops` is a shortest way of `steps`, else of `possible_steps`;
    `conditions`: the condition keys it depends on; `is_unread`: a deciding policy could not be read.
    """

    arn: str
    steps: int | None
    possible_steps: int | None
    hops: tuple[Hop, ...]
    conditions: tuple[str, ...] = ()
    is_unread: bool = False


@dataclass(frozen=True, slots=True)
class _Edge:
    source: Hashable
    target: Hashable
    how: str
    verdict: Tri
    cost: int = 1


def reach(
    principals: Iterable[Principal], roles: Iterable[Role], groups: Mapping[str, Mapping[str, Tri]] | None = None
) -> list[Reach]:
    """One row per principal. `roles`: the roles with their trust policies (`admin` is computed here, not taken from
    them); `groups`: {account: {group ARN: whether it makes an administrator}}.
    """
    everyone = list(principals)
    graph = _Graph(everyone, roles, groups or {})
    certain = _distances(_into(graph.edges, Tri.YES), graph.starts(Tri.YES))
    possible = _distances(_into(graph.edges, Tri.DEPENDS), graph.starts(Tri.DEPENDS))
    return [_row(principal.arn, certain, possible, graph) for principal in everyone]


def _row(arn: str, certain: _Ways, possible: _Ways, graph: _Graph) -> Reach:
    ways = certain if arn in certain else possible
    hops, node = [], arn
    while node in ways and (edge := ways[node][1]) is not None:
        if edge.how:
            hops.append(Hop(str(edge.target), edge.how))
        node = edge.target  # type: ignore[assignment]
    steps, possible_steps = certain.get(arn, (None, None))[0], possible.get(arn, (None, None))[0]
    waiting = list(graph.evidence(arn, hops)) if steps is None and hops else []
    conditions = sorted({key for hit in waiting for key in hit.unknown_keys})
    return Reach(arn, steps, possible_steps, tuple(hops), tuple(conditions), any(hit.index is None for hit in waiting))


_Ways = dict[Hashable, tuple[int, "_Edge | None"]]


_Into = Mapping[Hashable, list[_Edge]]


def _into(edges: Iterable[_Edge], at_least: Tri) -> _Into:
    """The edges by their target."""
    by_target: dict[Hashable, list[_Edge]] = defaultdict(list)
    for edge in edges:
        if edge.verdict >= at_least:
            by_target[edge.target].append(edge)
    return by_target


def _distances(into: _Into, starts: Iterable[Hashable]) -> _Ways:
    """{node: (steps, the edge to take)}, the nearest first from the starts, against the edges."""
    ways: _Ways = dict.fromkeys(starts, (0, None))
    order = count()
    waiting = [(0, next(order), node) for node in ways]
    while waiting:
        steps, _, node = heappop(waiting)
        if steps > ways[node][0]:
            continue
        for edge in into.get(node, ()):
            further = steps + edge.cost
            if edge.source not in ways or further < ways[edge.source][0]:
                ways[edge.source] = (further, edge)
                heappush(waiting, (further, next(order), edge.source))
    return ways


class _Graph:
    """Nodes: ARNs, shared nodes of equal policies, one hub per account, "administrator of <account>"."""

    def __init__(
        self, everyone: list[Principal], roles: Iterable[Role], groups: Mapping[str, Mapping[str, Tri]]
    ) -> None:
        profiles = Profiles()
        self.admins: dict[str, Admin] = {principal.arn: profiles.admin(principal) for principal in everyone}
        self.by_arn = {principal.arn: principal for principal in everyone}
        self.roles = {role.arn: replace(role, admin=self._judged(role.arn)) for role in roles}
        self.members: dict[Hashable, list[Principal]] = defaultdict(list)
        self.edges: list[_Edge] = []
        for principal in everyone:
            node = (principal.account, profiles.key(principal))
            self.members[node].append(principal)
            self.edges.append(_Edge(principal.arn, node, "", Tri.YES, cost=0))
        self.accounts = self._accounts(groups)
        self._escalation_edges(self.accounts)
        self._trust_edges()
        for at_least in (Tri.YES, Tri.DEPENDS):
            self._edges_of_writers(at_least)

    def starts(self, at_least: Tri) -> list[Hashable]:
        accounts = dict.fromkeys(principal.account for principal in self.by_arn.values())
        admins = [arn for arn, admin in self.admins.items() if admin.verdict >= at_least]
        return [*admins, *(_administrator(account) for account in accounts)]

    def evidence(self, arn: str, hops: Iterable[Hop]) -> Iterator[Evidence]:
        """Evidence for the conditions of a way: of each conditional step, and of the administrator at its end."""
        at = arn
        for hop in hops:
            for decision in self._decisions(at, hop):
                if decision.verdict is Verdict.DEPENDS:
                    yield from decision.evidence
            at = hop.target
        if at in self.admins and self.admins[at].verdict is Tri.DEPENDS:
            yield from self.admins[at].evidence

    def _decisions(self, at: str, hop: Hop) -> Iterator[Decision]:
        principal = self.by_arn.get(at)
        if principal is None:
            return
        if role := self.roles.get(hop.target) if hop.how == "sts:AssumeRole" else None:
            yield can(principal, hop.how, role.arn, resource_policy=role.trust, rcp_levels=role.rcp_levels)
            return
        paths = escalations(principal, self.accounts[principal.account], ignore=_BY_TRUST, admin=self.admins[at]).paths
        yield from (grant.decision for path in paths if path.path.id == hop.how for grant in path.grants)

    def _judged(self, arn: str) -> Tri:
        return self.admins[arn].verdict if arn in self.admins else Tri.DEPENDS

    def _accounts(self, groups: Mapping[str, Mapping[str, Tri]]) -> dict[str, Account]:
        roles: dict[str, dict[str, Role]] = defaultdict(dict)
        users: dict[str, dict[str, Tri]] = defaultdict(dict)
        for arn, role in self.roles.items():
            roles[account_of(arn)][arn] = role
        for arn, principal in self.by_arn.items():
            if principal.kind == "user":
                users[principal.account][arn] = self._judged(arn)
        names = dict.fromkeys((*roles, *users, *groups, *(principal.account for principal in self.by_arn.values())))
        return {name: Account(roles.get(name, {}), users.get(name, {}), groups.get(name, {})) for name in names}

    def _escalation_edges(self, accounts: Mapping[str, Account]) -> None:
        for arn, principal in self.by_arn.items():
            if self._judged(arn) is Tri.YES or not may_escalate(principal):
                continue
            for escalation in escalations(
                principal, accounts[principal.account], ignore=_BY_TRUST, admin=self.admins[arn]
            ).paths:
                if escalation.path.gain == "grant":
                    self.edges.append(
                        _Edge(arn, _administrator(principal.account), escalation.path.id, escalation.verdict)
                    )
                elif escalation.path.gain == "become":
                    for target, verdict in escalation.targets.items():
                        if target in self.by_arn:
                            self.edges.append(_Edge(arn, target, escalation.path.id, verdict))

    # -- whoever reaches a writer and whom it writes into

    def _edges_of_writers(self, at_least: Tri) -> None:
        """Edges for a principal that reaches both a writer and a user or role whose permissions the writer can change,
        such as a user who assumes a role that can edit that user.
        """
        into = _into(self.edges, at_least)
        out = _into((replace(edge, source=edge.target, target=edge.source) for edge in self.edges), at_least)
        done = _distances(into, self.starts(at_least))
        for writer in self.by_arn.values():
            if writer.arn not in done and may_write_anything(writer):
                for source, (steps, _) in _distances(into, [writer.arn]).items():
                    if source in self.by_arn and source not in done:
                        self.edges += self._by_writer(writer, str(source), steps, out, at_least)

    def _by_writer(self, writer: Principal, source: str, steps: int, out: _Into, at_least: Tri) -> Iterator[_Edge]:
        for target, (further, _) in _distances(out, [source]).items():
            other = self.by_arn.get(str(target))
            if other is None or other is writer:
                continue
            verdict, how = writes_into(writer, other)
            if verdict >= at_least:
                yield _Edge(source, _administrator(writer.account), how, at_least, steps + further + 1)

    # -- role trust

    def _trust_edges(self) -> None:
        assumers = Assumers({node: members[0] for node, members in self.members.items()})
        without_path = {caller(arn).without_path: arn for arn in self.by_arn}
        for arn, role in self.roles.items():
            own = caller(arn).account
            principals, accounts = named(role.trust.document, own)
            for name in principals:
                arn_of_name = name if name in self.by_arn else without_path.get(name)
                if arn_of_name:
                    self._edge(arn_of_name, self.by_arn[arn_of_name], role)
            for account in assumers.accounts if "*" in accounts else accounts:
                is_open = open_to_account(role, account)
                if is_open:
                    self.edges.append(_Edge(("hub", account), arn, "sts:AssumeRole", Tri.YES))
                # Who is trusted by "*" in the role's own account needs no right of its own.
                everybody = "*" in accounts and account == own
                nodes = assumers.nodes[account] if everybody else assumers.candidates(account, arn, not is_open)
                for node in nodes:
                    self._edges_of(node, role)
        free = ((node, self.members[node][0].account) for node in assumers.free)
        self.edges += [_Edge(node, ("hub", account), "", Tri.YES, cost=0) for node, account in free]

    def _edges_of(self, node: Hashable, role: Role) -> None:
        members = self.members[node]
        if len(members) == 1 or treats_alike(role):
            self._edge(node, members[0], role)
        else:
            for principal in members:
                self._edge(principal.arn, principal, role)

    def _edge(self, source: Hashable, principal: Principal, role: Role) -> None:
        verdict = may_assume(principal, role)
        if verdict is not Tri.NO:
            self.edges.append(_Edge(source, role.arn, "sts:AssumeRole", verdict))


# Trust is looked at by itself, over the accounts.
_BY_TRUST = frozenset({"sts-assume-role"})


def _administrator(account: str) -> str:
    return f"administrator of {account}"
