"""Reach: which principals can become administrator, in how many steps, over role trust and escalation, inside and
across accounts.

A graph in which principals with equal policies share one node, so that work grows with distinct policies and with
edges, not with principals. Steps are counted from the administrators backwards. An edge costs one step; belonging to
a shared node costs none.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace

from pipeline.policy.account import Account, Role, may_assume
from pipeline.policy.callers import account_of, caller, is_any_account
from pipeline.policy.document import Document
from pipeline.policy.evaluate import Policy, statements_on
from pipeline.policy.match import resource_matches, without_variables
from pipeline.policy.principal import FRESH, Principal, answer, can
from pipeline.policy.profiles import Profiles
from pipeline.policy.strangers import STRANGER
from pipeline.policy.tri import Tri


@dataclass(frozen=True, slots=True)
class Hop:
    """One step: `how` is sts:AssumeRole or the id of an escalation path; `target` is a principal, or "administrator
    of <account>".
    """

    target: str
    how: str


@dataclass(frozen=True, slots=True)
class Reach:
    """`steps` to administrator by ways that hold whatever the request, None if there is none; 0 is an administrator.

    `possible_steps` counts ways under conditions too. `hops` is one shortest way of `steps`, else of `possible_steps`.
    """

    arn: str
    steps: int | None
    possible_steps: int | None
    hops: tuple[Hop, ...]


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
    """One row per principal. `roles`: the roles with their trust (whether they are administrators is found out here,
    not read from them); `groups`: {account: {group ARN: does it make an administrator}}.
    """
    everyone = list(principals)
    graph = _Graph(everyone, roles, groups or {})
    certain = _distances(graph.edges, graph.starts(Tri.YES), Tri.YES)
    possible = _distances(graph.edges, graph.starts(Tri.DEPENDS), Tri.DEPENDS)
    return [_row(one.arn, certain, possible) for one in everyone]


def _row(arn: str, certain: _Ways, possible: _Ways) -> Reach:
    ways = certain if arn in certain else possible
    hops, node = [], arn
    while node in ways and (edge := ways[node][1]) is not None:
        if edge.how:
            hops.append(Hop(str(edge.target), edge.how))
        node = edge.target  # type: ignore[assignment]
    steps, possible_steps = certain.get(arn, (None, None))[0], possible.get(arn, (None, None))[0]
    return Reach(arn, steps, possible_steps, tuple(hops))


_Ways = dict[Hashable, tuple[int, "_Edge | None"]]


def _distances(edges: Iterable[_Edge], starts: Iterable[Hashable], at_least: Tri) -> _Ways:
    """{node: (steps, the edge to take)}, breadth first from the administrators, against the edges."""
    into: dict[Hashable, list[_Edge]] = defaultdict(list)
    for edge in edges:
        if edge.verdict >= at_least:
            into[edge.target].append(edge)
    ways: _Ways = dict.fromkeys(starts, (0, None))
    queue = deque(ways)
    while queue:
        node = queue.popleft()
        for edge in into.pop(node, ()):
            steps = ways[node][0] + edge.cost
            if edge.source not in ways or steps < ways[edge.source][0]:
                ways[edge.source] = (steps, edge)
                queue.append(edge.source) if edge.cost else queue.appendleft(edge.source)
    return ways


class _Graph:
    """Nodes: ARNs, shared nodes of equal policies, one hub per account, "administrator of <account>"."""

    def __init__(
        self, everyone: list[Principal], roles: Iterable[Role], groups: Mapping[str, Mapping[str, Tri]]
    ) -> None:
        first = Profiles()
        self.admins = {one.arn: first.admin(one).verdict for one in everyone}
        self.by_arn = {one.arn: one for one in everyone}
        self.roles = {one.arn: replace(one, admin=self.admins.get(one.arn, Tri.DEPENDS)) for one in roles}
        self.profiles = Profiles(self._accounts(groups), frozenset({"sts-assume-role"}))
        self.members: dict[Hashable, Principal] = {}
        self.edges: list[_Edge] = []
        for one in everyone:
            node = (one.account, self.profiles.key(one), one.groups)
            self.members.setdefault(node, one)
            self.edges.append(_Edge(one.arn, node, "", Tri.YES, cost=0))
        self._escalation_edges()
        self._trust_edges()

    def starts(self, at_least: Tri) -> list[Hashable]:
        accounts = {one.account for one in self.by_arn.values()}
        found = [arn for arn, verdict in self.admins.items() if verdict >= at_least]
        return [*found, *(_administrator(account) for account in accounts)]

    def _accounts(self, groups: Mapping[str, Mapping[str, Tri]]) -> dict[str, Account]:
        roles: dict[str, dict[str, Role]] = defaultdict(dict)
        users: dict[str, dict[str, Tri]] = defaultdict(dict)
        for arn, role in self.roles.items():
            roles[account_of(arn)][arn] = role
        for arn, one in self.by_arn.items():
            if one.kind == "user":
                users[one.account][arn] = self.admins[arn]
        names = {*roles, *users, *groups}
        return {name: Account(roles.get(name, {}), users.get(name, {}), groups.get(name, {})) for name in names}

    def _escalation_edges(self) -> None:
        for node, one in self.members.items():
            for found in self.profiles.escalations(one).paths:
                if found.path.gain == "grant":
                    self.edges.append(_Edge(node, _administrator(one.account), found.path.id, found.verdict))
                elif found.path.gain == "become":
                    for target, verdict in found.targets.items():
                        if target in self.by_arn:
                            self.edges.append(_Edge(node, target, found.path.id, verdict))

    # -- role trust

    def _trust_edges(self) -> None:
        assumers = _Assumers(self.members)
        for arn, role in self.roles.items():
            named, accounts = _named(role.trust.document, caller(arn).account)
            for name in named:
                if name in self.by_arn:
                    self._edge(name, self.by_arn[name], role)
            for account in assumers.accounts if "*" in accounts else accounts:
                if _open_to_account(role, account):
                    self.edges.append(_Edge(("hub", account), arn, "sts:AssumeRole", Tri.YES))
                for node in assumers.candidates(account, arn, include_free=not _open_to_account(role, account)):
                    self._edge(node, self.members[node], role)
        self.edges += [_Edge(node, ("hub", self.members[node].account), "", Tri.YES, cost=0) for node in assumers.free]

    def _edge(self, source: Hashable, principal: Principal, role: Role) -> None:
        verdict = may_assume(principal, role)
        if verdict is not Tri.NO:
            self.edges.append(_Edge(source, role.arn, "sts:AssumeRole", verdict))


class _Assumers:
    """Who could call sts:AssumeRole, by account: those with free rein (no limit, no condition), and the others by the
    patterns they hold.
    """

    def __init__(self, members: Mapping[Hashable, Principal]) -> None:
        self.accounts = {one.account for one in members.values()}
        self.free: set[Hashable] = set()
        self._exact: dict[tuple[str, str], set[Hashable]] = defaultdict(set)
        self._patterns: dict[str, list[tuple[str, Hashable]]] = defaultdict(list)
        for node, one in members.items():
            if _has_free_rein(one):
                self.free.add(node)
            for pattern in {
                pattern for policy in one.policies if policy.document for pattern in _patterns(policy.document)
            }:
                if "*" in pattern or "?" in pattern:
                    self._patterns[one.account].append((pattern, node))
                else:
                    self._exact[one.account, pattern].add(node)

    def candidates(self, account: str, role_arn: str, *, include_free: bool) -> set[Hashable]:
        found = {node for pattern, node in self._patterns[account] if resource_matches(pattern, role_arn)}
        found |= self._exact.get((account, role_arn), set())
        return found if include_free else found - self.free


def _has_free_rein(one: Principal) -> bool:
    """Whether sts:AssumeRole is allowed on any role of any account whatever the request, and nothing could name a
    single role.
    """
    for document in one.documents:
        if statements_on(document, "sts:AssumeRole", "Deny") or any(
            s.not_resources for s in statements_on(document, "sts:AssumeRole", "Allow")
        ):
            return False
    places = (f"arn:{one.caller.partition}:iam::{account}:role/{FRESH}" for account in (one.account, STRANGER))
    return all(answer(can(one, "sts:AssumeRole", place, resource_policy=_OPEN)) is Tri.YES for place in places)


_OPEN = Policy.read(
    "open",
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*"}},
    "trust",
)


def _patterns(document: Document) -> Iterable[str]:
    for one in statements_on(document, "sts:AssumeRole", "Allow"):
        yield from (without_variables(pattern, "*") for pattern in one.resources or ("*",))


def _named(trust: Document | None, own: str) -> tuple[set[str], set[str]]:
    """(principals the trust names, accounts it names as a whole; "*" for all). An unreadable trust may name its own
    account.
    """
    if trust is None:
        return set(), {own}
    named, accounts = set(), set()
    for one in statements_on(trust, "sts:AssumeRole", "Allow"):
        for kind, value in one.principals if one.principals is not None else (("*", "*"),):
            if kind in ("AWS", "*"):
                account = account_of(value)
                if is_any_account(value):
                    accounts.add("*")
                elif value == account or value.endswith(":root"):
                    accounts.add(account)
                else:
                    named.add(caller(value).role_arn)
    return named, accounts


def _open_to_account(role: Role, account: str) -> bool:
    """Whether every principal of the account that may call sts:AssumeRole gets in: no condition, no Deny in the
    trust.
    """
    trust = role.trust.document
    limits = [policy.document for level in role.rcp_levels or () for policy in level]
    if any(document is None or statements_on(document, "sts:AssumeRole", "Deny") for document in (trust, *limits)):
        return False
    assert trust is not None
    wanted = {account, f"arn:{caller(role.arn).partition}:iam::{account}:root", "*"}
    return any(
        not one.conditions and any(value in wanted for kind, value in one.principals or () if kind in ("AWS", "*"))
        for one in statements_on(trust, "sts:AssumeRole", "Allow")
    )


def _administrator(account: str) -> str:
    return f"administrator of {account}"
