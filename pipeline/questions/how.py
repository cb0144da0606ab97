"""How one principal gets to another, or to administrator: the shortest way, hop by hop, and what would cut it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pipeline.facts._accounts import gives_admin, groups, role, roles, workloads
from pipeline.facts.reach import of_accounts
from pipeline.policy.account import Role
from pipeline.policy.callers import account_of, caller
from pipeline.policy.principal import Principal, can
from pipeline.policy.reach_graph import Graph, Hop, Inventory, administrator
from pipeline.policy.request import Decision
from pipeline.policy.rights import Admins
from pipeline.policy.tri import Tri
from pipeline.policy.ways import Edge, Ways, distances, into_targets
from pipeline.questions.published import Published
from pipeline.settings import Refused

ADMIN = "admin"
ALL_ACCOUNTS = "(select account_id from int_accounts)"
AS_ADMINISTRATOR = "as administrator of its account"


@dataclass(frozen=True)
class Step:
    """One hop: `how` is sts:AssumeRole or the id of an escalation path; `decisions` are those of its actions."""

    source: str
    target: str
    how: str
    decisions: tuple[Decision, ...]
    verdict: Tri


@dataclass(frozen=True)
class Way:
    """A shortest way. `unread`: what it rests on that was not read or collected."""

    steps: tuple[Step, ...]
    verdict: Tri
    unread: tuple[str, ...] = ()


class Movers:
    """Every user and role of a night that can move, as a graph of who can become whom."""

    def __init__(
        self,
        everyone: list[Principal],
        trusts: list[Role],
        admin_groups: Mapping[str, Mapping[str, Tri]],
        inventories: Mapping[str, Inventory],
    ) -> None:
        self.everyone, self.trusts, self._admin_groups, self._inventories = everyone, trusts, admin_groups, inventories
        self.graph = Graph(everyone, trusts, admin_groups, inventories)

    @classmethod
    def of(cls, night: Published) -> Movers:
        """The movers of a night: all but service-linked roles, which only AWS can use."""
        everyone = [
            night.member(alike, arn)
            for alike in night.alike()
            for arn in alike.members
            if not caller(arn).is_service_linked_role
        ]
        admin_groups: dict[str, dict[str, Tri]] = defaultdict(dict)
        admins = Admins()
        for row in night.rows(groups(ALL_ACCOUNTS)):
            admin_groups[row["account_id"]][row["arn"]] = gives_admin(night.factory, row, admins)
        rows = {name: night.rows(query) for name, query in workloads(ALL_ACCOUNTS).items()}
        return cls(
            everyone,
            [role(night.factory, row) for row in night.rows(roles("(select arn from stg_roles)"))],
            admin_groups,
            of_accounts(rows, {principal.account for principal in everyone}),
        )

    def changed(self, everyone: list[Principal], trusts: list[Role]) -> Movers:
        """The same night with other principals and roles."""
        return Movers(everyone, trusts, self._admin_groups, self._inventories)

    # -- ways

    def ways(self, source: str, to: str) -> list[Way]:
        """The shortest certain way, and the shortest under conditions if it is shorter; else one on what was not read.

        `to` is `ADMIN` or an ARN. Raises `Refused` for a principal that the night does not have.
        """
        for arn in (source, *([to] if to != ADMIN else [])):
            if arn not in self.graph.by_arn:
                raise Refused(f"{arn} is no user or role that can be moved from or to")
        found: list[Way] = []
        for at_least in (Tri.YES, Tri.DEPENDS):
            way = self._way(source, self.distances(self._targets(to, at_least), at_least), at_least)
            if way and (not found or len(way.steps) < len(found[0].steps)):
                found.append(way)
        if not found:
            supposed = self.distances(self._targets(to, Tri.DEPENDS), Tri.DEPENDS, with_unread=True)
            found = [way for way in [self._way(source, supposed, Tri.DEPENDS)] if way]
        return found

    def distances(self, targets: Iterable[Hashable], at_least: Tri, with_unread: bool = False) -> Ways:
        """Everybody who gets to one of the targets, in how many steps."""
        targets = list(targets)
        edges = [*self.graph.edges, *self._of_administrators(targets), *(self.graph.unread if with_unread else ())]
        return distances(into_targets(edges, at_least), targets)

    def _targets(self, to: str, at_least: Tri) -> list[Hashable]:
        return self.graph.starts(at_least) if to == ADMIN else [to]

    def _of_administrators(self, targets: Iterable[Hashable]) -> Iterator[Edge]:
        """Edges from the administrators of an account to the principals in it that are asked for."""
        for target in targets:
            if isinstance(target, str) and target in self.graph.by_arn:
                account = account_of(target)
                yield Edge(administrator(account), target, AS_ADMINISTRATOR, Tri.YES)
                for arn, admin in self.graph.admins.items():
                    if admin.verdict is not Tri.NO and account_of(arn) == account and arn != target:
                        verdict = min(admin.verdict, _verdict(self._as_administrator(arn, target)))
                        yield Edge(arn, target, AS_ADMINISTRATOR, verdict)

    def _as_administrator(self, arn: str, target: str) -> tuple[Decision, ...]:
        """How an administrator becomes a user or role: by a new key, or a new trust policy."""
        action = "iam:CreateAccessKey" if caller(target).kind == "user" else "iam:UpdateAssumeRolePolicy"
        return (can(self.graph.by_arn[arn], action, target),)

    def _way(self, source: str, ways: Ways, at_least: Tri) -> Way | None:
        if source not in ways:
            return None
        steps: list[Step] = []
        unread: list[str] = []
        node, at = source, source
        while (edge := ways[node][1]) is not None:
            unread += self.graph.unread.get(edge, ())
            if edge.how:
                steps.append(self._step(at, edge))
                at = str(edge.target)
            node = edge.target  # type: ignore[assignment]
        evidence = [hit for step in steps for decision in step.decisions for hit in decision.evidence]
        if at_least is Tri.DEPENDS and node in self.graph.admins:
            evidence += self.graph.admins[node].evidence
        unread += [f"{hit.policy}: {hit.text}" for hit in evidence if hit.index is None]
        verdict = at_least if not steps else min([at_least, *(step.verdict for step in steps)])
        return Way(tuple(steps), verdict, tuple(dict.fromkeys(unread)))

    def first_hop(self, node: Hashable, ways: Ways) -> str:
        """The first step of a way, in words."""
        while (edge := ways[node][1]) is not None:
            if edge.how:
                return f"{edge.how} {edge.target}"
            node = edge.target
        return ""

    def _step(self, at: str, edge: Edge) -> Step:
        hop = Hop(str(edge.target), edge.how)
        if edge.how == AS_ADMINISTRATOR:
            decisions = self._as_administrator(at, hop.target) if at in self.graph.by_arn else ()
        else:
            decisions = tuple(self.graph.decisions(at, hop))
        return Step(at, hop.target, hop.how, decisions, edge.verdict)

    def reached_from(self, source: str) -> frozenset[Hashable]:
        """Every node that the principal might get to."""
        edges = (*self.graph.edges, *self.graph.unread)
        out = into_targets((replace(edge, source=edge.target, target=edge.source) for edge in edges), Tri.DEPENDS)
        return frozenset(distances(out, [source]))


def _verdict(decisions: Iterable[Decision]) -> Tri:
    words = {"Allowed": Tri.YES, "Depends": Tri.DEPENDS}
    return min((words.get(decision.verdict, Tri.NO) for decision in decisions), default=Tri.YES)
