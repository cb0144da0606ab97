"""Records of an organization beside its accounts: units, policies, delegations, Identity Center."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from demo.organization.model import Account, Document


@dataclass
class OrgPolicy:
    """An SCP or RCP; ``content`` is the JSON text exactly as stored."""

    id: str
    name: str
    kind: str
    content: str
    description: str = ""
    aws_managed: bool = False


@dataclass
class Unit:
    """An organizational unit; the root has no parent."""

    id: str
    name: str
    parent: str | None
    policies: list[str] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Delegation:
    account_id: str
    service: str
    since: datetime


@dataclass
class PermissionSet:
    """An Identity Center permission set and the accounts and principals it is assigned to."""

    name: str
    arn: str
    created: datetime
    description: str
    session: str
    aws_policies: list[str] = field(default_factory=list)
    customer_policies: list[str] = field(default_factory=list)
    inline: Document | None = None
    boundary: dict[str, Any] | None = None
    assignments: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


@dataclass
class Person:
    """A user of the identity store."""

    id: str
    login: str
    name: str
    email: str
    enabled: bool = True


@dataclass
class Team:
    """A group of the identity store; ``members`` are user ids."""

    id: str
    name: str
    members: list[str] = field(default_factory=list)


@dataclass
class SsoInstance:
    arn: str
    store_id: str
    owner: str
    created: datetime
    name: str = ""
    status: str = "ACTIVE"
    region: str = "us-east-1"
    permission_sets: dict[str, PermissionSet] = field(default_factory=dict)


@dataclass
class Organization:
    """The whole organization on one night."""

    id: str
    management_id: str
    units: dict[str, Unit]
    accounts: dict[str, Account]
    policies: dict[str, OrgPolicy]
    account_policies: dict[str, list[str]] = field(default_factory=dict)
    policy_types: list[str] = field(default_factory=list)
    delegations: list[Delegation] = field(default_factory=list)
    trusted_services: dict[str, datetime] = field(default_factory=dict)
    resource_policy: str | None = None
    features: list[str] = field(default_factory=list)
    instances: list[SsoInstance] = field(default_factory=list)
    people: dict[str, Person] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    external_id: str = ""

    @property
    def root_id(self) -> str:
        return next(u.id for u in self.units.values() if u.parent is None)

    def account(self, name: str) -> Account:
        """The account of that name (KeyError if there is none)."""
        for account in self.accounts.values():
            if account.name == name:
                return account
        raise KeyError(name)

    def unit(self, name: str) -> Unit:
        """The unit by its path below the root, for instance ``Workloads/Prod``."""
        for unit in self.units.values():
            if "/".join(self.names_above(unit.id)) == name:
                return unit
        raise KeyError(name)

    def policy(self, name: str) -> OrgPolicy:
        return next(p for p in self.policies.values() if p.name == name)

    def lineage(self, parent: str) -> list[str]:
        """Unit ids from the root down to ``parent``."""
        line: list[str] = []
        here: str | None = parent
        while here is not None:
            line.append(here)
            here = self.units[here].parent
        return line[::-1]

    def names_above(self, parent: str) -> list[str]:
        return [self.units[u].name for u in self.lineage(parent)[1:]]

    def attached_to(self, target: str) -> list[str]:
        """Policy ids attached directly to a root, unit or account."""
        if target in self.units:
            return self.units[target].policies
        return self.account_policies.get(target, [])

    def levels(self, account_id: str, kind: str) -> list[list[OrgPolicy]]:
        """The policies of that kind at each level from the root to the account."""
        targets = [*self.lineage(self.accounts[account_id].parent), account_id]
        attached = ([self.policies[one] for one in self.attached_to(target)] for target in targets)
        return [[policy for policy in level if policy.kind == kind] for level in attached]
