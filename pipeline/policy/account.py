"""Potential targets of escalation in an account: roles with their trust policies, users, groups."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.policy import alike
from pipeline.policy.callers import Caller, caller
from pipeline.policy.context import Context
from pipeline.policy.document import Document
from pipeline.policy.escalation_paths import attacker
from pipeline.policy.evaluate import evaluate
from pipeline.policy.exceeds import exceeds
from pipeline.policy.partitions import spellings
from pipeline.policy.principal import FRESH, Principal, answer
from pipeline.policy.request import Policies, Policy, Request
from pipeline.policy.tri import Tri


@dataclass(frozen=True, slots=True)
class Levers:
    """What of a user, role or group can be edited elsewhere to change its rights: its customer managed `policies` (a
    user's groups' too), its `boundary` ("" for none), a user's `groups`; all by ARN.
    """

    policies: tuple[str, ...] = ()
    boundary: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Role:
    """A role as a target. `admin` is DEPENDS if not evaluated; `rcp_levels`: the resource control policies of its
    account, None if the type is not in force; `held_back`: whether it would gain admin rights without its boundary;
    `at_most`: whether it would have them with all policies; `has_instance_profile` None: not known.
    """

    arn: str
    trust: Policy
    admin: Tri = Tri.DEPENDS
    levers: Levers = Levers()
    rcp_levels: tuple[tuple[Policy, ...], ...] | None = None
    held_back: Tri = Tri.NO
    at_most: Tri = Tri.YES
    has_instance_profile: bool | None = None

    @property
    def guards(self) -> tuple[Document, ...]:
        """What decides who may assume it: its trust policy, and the RCPs."""
        limits = (policy for level in self.rcp_levels or () for policy in level)
        return tuple(policy.document for policy in (self.trust, *limits) if policy.document)


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that runs in the account: a function, project, instance or cluster; or that says who gets in: a
    provider, permission set or group. `role_arn`: the role it runs as, "" if none; None if it has none of its own.
    """

    arn: str
    role_arn: str | None = None


@dataclass(frozen=True, eq=False)
class Account:
    """`users` and `groups`: {ARN: is it, or does it make, an administrator}. Roles may include those of other
    accounts. `holders`: {ARN of a role, user or group: who has its rights}, as far as these are known.

    `workloads` by dataset, such as lambda_functions; `unread`: {dataset: why it was not read, or not in all Regions}.
    `compared`: what is known of whose rights exceed whose, for all accounts of an organization. `levers` of users and
    groups; roles have their own. `strong`: ARNs of the customer managed policies that allow everything.
    """

    roles: Mapping[str, Role] = field(default_factory=dict)
    users: Mapping[str, Tri] = field(default_factory=dict)
    groups: Mapping[str, Tri] = field(default_factory=dict)
    holders: Mapping[str, Principal] = field(default_factory=dict)
    workloads: Mapping[str, tuple[Workload, ...]] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)
    compared: dict[Hashable, Tri] = field(default_factory=dict, repr=False)
    levers: Mapping[str, Levers] = field(default_factory=dict)
    strong: tuple[str, ...] = ()
    _trusting: dict[str, tuple[Role, ...]] = field(default_factory=dict, init=False, repr=False)

    def trusting(self, service: str) -> tuple[Role, ...]:
        """The roles that the service can assume, administrators first. "saml" stands for any SAML provider."""
        if service not in self._trusting:
            trusting_roles = [role for role in self.roles.values() if trusts_service(role.trust, service)]
            self._trusting[service] = tuple(sorted(trusting_roles, key=lambda role: (-role.admin, role.arn)))
        return self._trusting[service]

    @cached_property
    def trusts(self) -> tuple[Document, ...]:
        """The distinct trust policies of its roles."""
        return tuple(dict.fromkeys(role.trust.document for role in self.roles.values() if role.trust.document))

    def workloads_of(self, dataset: str) -> list[Workload]:
        """The workloads of the dataset, those that run as an administrator first."""
        known = self.workloads.get(dataset, ())
        return sorted(known, key=lambda one: (-self.judged(one.role_arn or ""), one.role_arn or "", one.arn))

    def not_read(self, dataset: str) -> str:
        """Why the dataset is not known, or not in all Regions; "" if it is."""
        return self.unread.get(dataset, "" if dataset in self.workloads else f"{dataset} were not collected")

    def levers_of(self, arn: str) -> Levers:
        """The levers of the role, user or group; none if they are not known."""
        role = self.roles.get(arn)
        return role.levers if role else self.levers.get(arn, Levers())

    def judged(self, arn: str) -> Tri:
        """Whether the role, user or group is, or makes, an administrator."""
        role = self.roles.get(arn)
        return role.admin if role else self.users.get(arn, self.groups.get(arn, Tri.DEPENDS))

    def gains(self, actor: Principal, arn: str) -> Tri:
        """Whether taking over the role, user or group gives the actor a right that it lacks, other than reporting on
        itself; DEPENDS if the rights are not known.
        """
        holder = self.holders.get(arn)
        if self.judged(arn) is Tri.YES:
            return Tri.YES
        if holder is None:
            return Tri.DEPENDS
        pair = (alike.key(holder), alike.key(actor), holder.account == actor.account)
        if pair not in self.compared:
            self.compared[pair] = gives_more(holder, actor)
        return self.compared[pair]

    def admins_first(self, arns: Iterable[str]) -> list[str]:
        return sorted(arns, key=lambda arn: (-self.judged(arn), arn))


def gives_more(holder: Principal, actor: Principal) -> Tri:
    """Whether the rights of the holder give the actor something, other than reporting on itself."""
    return exceeds(holder, actor, tuple(attacker()["reporting"]))


def is_reserved(role_arn: str) -> bool:
    """Whether the role is managed by AWS: IAM calls cannot change it, and it cannot be passed."""
    return ":role/aws-service-role/" in role_arn or ":role/aws-reserved/" in role_arn


def trusts_service(trust: Policy, service: str) -> bool:
    """Whether any request lets the service assume a role with this trust policy; DEPENDS if that is unreadable."""
    if trust.document is None:
        return True
    named = {value for statement in trust.document.statements for _, value in statement.principals or (("*", "*"),)}
    if service == "saml":
        providers = (value for value in named if ":saml-provider/" in value)
        return any(_may_enter(trust, caller(provider), "sts:AssumeRoleWithSAML") for provider in providers)
    usable_names = [name for name in spellings(service) if name in named or (name == service and "*" in named)]
    if any(_may_enter(trust, Caller("service", name), "sts:AssumeRole") for name in usable_names):
        return True
    return bool(usable_names) and _may_enter(trust, Caller("federated", service), "sts:AssumeRoleWithWebIdentity")


def _may_enter(trust: Policy, who: Caller, action: str) -> bool:
    role = f"arn:{who.partition}:iam:::role/{FRESH}"
    request = Request(who, action, role, Context.of(who.context(), complete=False))
    return answer(evaluate(request, Policies(resource=trust))) is not Tri.NO
