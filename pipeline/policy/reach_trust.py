"""Edges of reach by role trust: who can assume which role.

A role that trusts everybody is judged once for all principals of other accounts that neither their policies nor its
trust policy tell apart, so that edges grow with roles and principals and not with their product.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from pipeline.policy import alike
from pipeline.policy.account import Role
from pipeline.policy.assumers import Assumers, named, open_to_account, treats_alike
from pipeline.policy.callers import account_of, caller
from pipeline.policy.escalation_grants import may_assume
from pipeline.policy.principal import Principal
from pipeline.policy.tri import Tri
from pipeline.policy.ways import Edge

_ASSUMING = "sts:AssumeRole"
_ANYBODY = ("hub", "*")


class Trusts:
    """`members`: principals of one account by shared node. Further nodes: ("hub", account) of its principals that may
    assume every role, `_ANYBODY` of those of all accounts, and one for all alike of other accounts.
    """

    def __init__(self, by_arn: Mapping[str, Principal], members: Mapping[Hashable, list[Principal]]) -> None:
        self._by_arn = by_arn
        self._members = members
        self._assumers = Assumers({node: held[0] for node, held in members.items()})
        self._assumed: dict[Hashable, Tri] = {}

    def edges(self, roles: Iterable[Role]) -> Iterator[Edge]:
        for_everybody: dict[Hashable, list[Role]] = defaultdict(list)
        without_path = {caller(arn).without_path: arn for arn in self._by_arn}
        for role in roles:
            own = account_of(role.arn)
            principals, accounts = named(role.trust.document, own)
            for name in principals:
                arn = name if name in self._by_arn else without_path.get(name)
                yield from self.edge(arn, self._by_arn[arn], role) if arn else ()
            if "*" in accounts:
                for_everybody[role.trust, role.rcp_levels].append(role)
                yield from self._within(role, self._assumers.nodes[own])
            for account in accounts:
                yield from self._of_account(account, role) if account != "*" else ()
        for node in self._assumers.free:
            hub = ("hub", self._members[node][0].account)
            yield Edge(node, hub, "", Tri.YES, cost=0)
            yield Edge(hub, _ANYBODY, "", Tri.YES, cost=0)
        for alike_roles in for_everybody.values():
            yield from self._of_everybody(alike_roles)

    def edge(self, source: Hashable, principal: Principal, role: Role) -> Iterator[Edge]:
        verdict = self.may_assume(principal, role)
        if verdict is not Tri.NO:
            yield Edge(source, role.arn, _ASSUMING, verdict)

    def may_assume(self, principal: Principal, role: Role) -> Tri:
        asked = (principal, alike.resource(principal, (_ASSUMING,), role.arn), role.trust, role.rcp_levels)
        if asked not in self._assumed:
            self._assumed[asked] = may_assume(principal, role)
        return self._assumed[asked]

    def _of_account(self, account: str, role: Role) -> Iterator[Edge]:
        """Edges from an account that the trust policy names as a whole."""
        is_open = open_to_account(role, account)
        if is_open:
            yield Edge(("hub", account), role.arn, _ASSUMING, Tri.YES)
        yield from self._within(role, self._assumers.candidates(account, role.arn, not is_open))

    def _within(self, role: Role, nodes: Iterable[Hashable]) -> Iterator[Edge]:
        for node in nodes:
            for source, principal in self._told_apart(node, role):
                yield from self.edge(source, principal, role)

    def _told_apart(self, node: Hashable, role: Role) -> list[tuple[Hashable, Principal]]:
        """(node, one principal) for all that the role's trust policy treats alike."""
        members = self._members[node]
        if len(members) == 1 or treats_alike(role):
            return [(node, members[0])]
        return [(principal.arn, principal) for principal in members]

    # -- roles that trust everybody: who is of another account needs a right of its own

    def _of_everybody(self, roles: Sequence[Role]) -> Iterator[Edge]:
        """Edges into roles with equal trust policies and RCPs."""
        is_open = open_to_account(roles[0], "*")
        if is_open:
            yield from (Edge(_ANYBODY, role.arn, _ASSUMING, Tri.YES) for role in roles)
        kinds: dict[Hashable, _Alike] = defaultdict(lambda: defaultdict(list))
        for node in self._members:
            if not (is_open and node in self._assumers.free):
                for source, principal in self._told_apart(node, roles[0]):
                    kind = kinds[alike.key(principal, roles[0].guards)]
                    kind[principal.account].append((node, source, principal))
        for place, members in enumerate(kinds.values()):
            hub = ("alike", roles[0].arn, place)
            into = [edge for role in roles for edge in self._of_alike(hub, members, role)]
            yield from into
            if any(edge.source == hub for edge in into):
                yield from (
                    Edge(source, hub, "", Tri.YES, cost=0) for held in members.values() for _, source, _ in held
                )

    def _of_alike(self, hub: Hashable, members: _Alike, role: Role) -> Iterator[Edge]:
        """The edge from the hub into a role, or those of its members if it would give one of the role's own account
        more than it has.
        """
        own = account_of(role.arn)
        others = [held for account, held in islice(members.items(), 2) if account != own]
        if not others or not self._assumers.covers(others[0][0][0], role.arn):
            return
        verdict = self.may_assume(others[0][0][2], role)
        if verdict is Tri.NO:
            return
        if all(self.may_assume(principal, role) >= verdict for _, _, principal in members.get(own, ())):
            yield Edge(hub, role.arn, _ASSUMING, verdict)
            return
        for account, held in members.items():
            yield from (Edge(source, role.arn, _ASSUMING, verdict) for _, source, _ in held if account != own)


_Alike = dict[str, list[tuple[Hashable, Hashable, Principal]]]
"""By account: the shared node, the node that an edge begins at, and a principal of it."""
