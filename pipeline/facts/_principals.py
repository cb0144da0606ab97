"""The principals of a night as the policy evaluator takes them, made of what queries over the staging tables find.

Derived tables that judge principals put `QUERIES` among their own and hand what those found to `Holders`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from pipeline.facts import Found
from pipeline.policy.account import Account, Role
from pipeline.policy.callers import account_of
from pipeline.policy.document import Kind
from pipeline.policy.evaluate import Decision, Evidence, Policy
from pipeline.policy.managed import aws_managed_policy
from pipeline.policy.principal import FRESH, Principal
from pipeline.policy.profiles import Profiles
from pipeline.policy.tri import Tri

Levels = tuple[tuple[Policy, ...], ...]
Held = tuple[Any, ...]
"""A row of `principals`: all that makes one principal."""

QUERIES = {
    "documents": "select document_sha256, document from int_identity_documents order by document_sha256",
    "organization_documents": """
        select document_sha256, any_value(document)
        from stg_organization_policies
        group by document_sha256
        order by document_sha256""",
    "levels": """
        select distinct control_levels.levels_sha256, control_levels.policy_type, control_levels.levels
        from int_control_levels as control_levels
        where exists (
            from raw_organization_roots as roots
            where list_contains(roots.enabled_policy_types, control_levels.policy_type)
        )""",
    "night": """
        select organization_id, management_account_id, getvariable('as_of') from raw_organization""",
    "identity_center": """
        select account_id from raw_delegated_administrators where service_principal = 'sso.amazonaws.com'""",
}


# Permission sets are kept in the management account and those it has delegated them to; elsewhere the calls fail.
NO_IDENTITY_CENTER = Policy.read(
    "Identity Center is not administered from this account",
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Action": ["sso:*", "sso-directory:*", "identitystore:*"], "Resource": "*"},
    },
)


def principals(which: str) -> str:
    """A query for the principals that `which`, a table of principal_arn, has: what `Holders.principal` reads."""
    return f"""
        with
        chosen as (select permissions.* from int_permissions as permissions semi join {which} using (principal_arn)),

        held as (
            select
                grants.principal_arn,
                list(
                    {{
                        name: grants.policy_name,
                        arn: coalesce(grants.policy_arn, ''),
                        sha256: grants.document_sha256
                    }}
                    order by grants.policy_name, grants.policy_arn, grants.document_sha256, grants.via_group
                ) as policies
            from int_grants as grants
            semi join chosen on grants.principal_arn = chosen.principal_arn
            group by grants.principal_arn
        ),

        memberships as (
            select arn, account_id, unnest(group_names) as group_name
            from stg_users
            semi join chosen on stg_users.arn = chosen.principal_arn
        ),

        in_groups as (
            select memberships.arn, list(distinct groups.arn order by groups.arn) as groups
            from memberships
            inner join stg_groups as groups
                on memberships.account_id = groups.account_id and memberships.group_name = groups.group_name
            group by memberships.arn
        )

        select
            chosen.principal_arn,
            coalesce(held.policies, []),
            chosen.boundary_arn,
            chosen.boundary_name,
            chosen.boundary_sha256,
            chosen.scp_levels_sha256,
            coalesce(in_groups.groups, []),
            chosen.permissions_sha256,
            chosen.account_id
        from chosen
        left join held on chosen.principal_arn = held.principal_arn
        left join in_groups on chosen.principal_arn = in_groups.arn
        order by chosen.principal_arn"""


def accounts(which: str) -> dict[str, str]:
    """Queries for what the accounts of `which`, a table of account_id, hold: what `Holders.accounts` reads."""
    return {
        "roles": f"""
            select
                roles.arn,
                any_value(roles.trust_document),
                any_value(permissions.admin),
                any_value(levels.levels_sha256),
                list(distinct grants.policy_arn order by grants.policy_arn)
                    filter (grants.policy_arn is not null and grants.policy_arn not glob 'arn:*:iam::aws:*')
            from stg_roles as roles
            semi join {which} as which on roles.account_id = which.account_id
            inner join int_principal_permissions as permissions on roles.arn = permissions.principal_arn
            left join int_grants as grants on roles.arn = grants.principal_arn
            left join int_control_levels as levels
                on roles.account_id = levels.account_id and levels.policy_type = 'RESOURCE_CONTROL_POLICY'
            where not roles.is_service_linked
            group by roles.arn
            order by roles.arn""",
        "users": f"""
            select permissions.principal_arn, permissions.admin
            from int_principal_permissions as permissions
            semi join {which} as which on permissions.account_id = which.account_id
            where permissions.principal_type = 'user'
            order by permissions.principal_arn""",
        "groups": f"""
            select
                groups.arn,
                list(
                    {{name: held.policy_name, arn: held.policy_arn, sha256: held.document_sha256}}
                    order by held.policy_name
                ) filter (held.policy_name is not null),
                any_value(levels.levels_sha256)
            from stg_groups as groups
            semi join {which} as which on groups.account_id = which.account_id
            left join (
                select
                    attachments.principal_arn,
                    attachments.policy_name,
                    attachments.policy_arn,
                    policies.document_sha256
                from stg_policy_attachments as attachments
                left join stg_policies as policies
                    on attachments.account_id = policies.account_id and attachments.policy_arn = policies.arn
                union all
                select principal_arn, policy_name, '', document_sha256
                from stg_inline_policies
            ) as held on groups.arn = held.principal_arn
            left join int_control_levels as levels
                on groups.account_id = levels.account_id and levels.policy_type = 'SERVICE_CONTROL_POLICY'
            group by groups.arn
            order by groups.arn""",
    }


class Holders:
    """Makes principals of rows; each document and each set of SCPs is read once."""

    def __init__(self, found: Found) -> None:
        self._texts: dict[str, str] = dict([*found.get("documents", ()), *found["organization_documents"]])
        self._levels = {(policy_type, sha256): levels for sha256, policy_type, levels in found["levels"]}
        self._read: dict[tuple[str | None, Kind], Policy] = {}
        self._trusts: dict[str, Policy] = {}
        self._made: dict[tuple[str, str], Levels] = {}
        self.organization_id, self.management_account, self._as_of = next(iter(found["night"]), ("", "", None))

        self._identity_center = {self.management_account, *(account for (account,) in found.get("identity_center", ()))}

    def in_place(self, held: Held) -> Principal:
        """The same principal where it is: permission sets can be changed from few accounts only."""
        made = self.principal(held)
        if made.account in self._identity_center:
            return made
        return replace(made, policies=(*made.policies, NO_IDENTITY_CENTER))

    def principal(self, held: Held) -> Principal:
        """The principal of a row of `principals`, whatever account it is in."""
        arn, policies, boundary_arn, boundary_name, boundary_sha256, levels_sha256, groups, *_ = held
        return Principal(
            arn,
            tuple(self.policy(one["name"], one["sha256"], one["arn"]) for one in policies),
            self.policy(boundary_name or boundary_arn, boundary_sha256, boundary_arn) if boundary_arn else None,
            scp_levels=self.levels("SERVICE_CONTROL_POLICY", levels_sha256),
            management_account=self.management_account,
            groups=tuple(groups),
            facts={"aws:PrincipalOrgID": self.organization_id} if self.organization_id else {},
            not_before=self.not_before,
        )

    def policy(self, name: str, sha256: str | None, arn: str = "", kind: Kind = "identity") -> Policy:
        """The policy, with the document that AWS publishes where it is AWS's own and was not read."""
        if sha256 is None and arn:
            return aws_managed_policy(arn)
        key = (sha256, kind)
        if key not in self._read:
            self._read[key] = Policy.read("", self._texts.get(sha256 or ""), kind)
        read = self._read[key]
        return Policy(name, read.document, read.problem, arn)

    def levels(self, policy_type: str, sha256: str | None) -> Levels | None:
        """The control policies by level; None where none bind, or the organization has not switched the type on."""
        if sha256 is None or (policy_type, sha256) not in self._levels:
            return None
        key, kind = (policy_type, sha256), "scp" if policy_type == "SERVICE_CONTROL_POLICY" else "rcp"
        if key not in self._made:
            self._made[key] = tuple(
                tuple(self.policy(one["name"], one["sha256"], "", kind) for one in level)  # type: ignore[arg-type]
                for level in self._levels[key]
            )
        return self._made[key]

    def role(self, row: tuple[Any, ...]) -> Role:
        """The role of a row of `roles`."""
        arn, trust, admin, rcp_levels_sha256, policies = row
        if trust not in self._trusts:
            self._trusts[trust] = Policy.read("trust policy", trust, "trust")
        rcps = self.levels("RESOURCE_CONTROL_POLICY", rcp_levels_sha256)
        return Role(arn, self._trusts[trust], Tri[admin.upper()], tuple(policies or ()), rcps)

    def accounts(self, found: Found) -> dict[str, Account]:
        """By id, the accounts that the queries of `accounts` found."""
        held: dict[str, Account] = defaultdict(Account)
        for row in found["roles"]:
            held[account_of(row[0])].roles[row[0]] = self.role(row)  # type: ignore[index]
        for arn, admin in found["users"]:
            held[account_of(arn)].users[arn] = Tri[admin.upper()]  # type: ignore[index]
        for arn, verdict in self.groups(found).items():
            held[account_of(arn)].groups[arn] = verdict  # type: ignore[index]
        return held

    def groups(self, found: Found) -> dict[str, Tri]:
        """By ARN, whether the group makes its members administrators."""
        memory, judged = Profiles(), {}
        for arn, policies, levels_sha256 in found["groups"]:
            member = arn.split(":group/")[0] + f":user/{FRESH}"
            row = (member, policies or [], None, None, None, levels_sha256, [arn])
            judged[arn] = memory.admin(self.principal(row)).verdict
        return judged

    @cached_property
    def not_before(self) -> datetime:
        night: date = self._as_of or date(2026, 11, 1)
        return datetime(night.year, night.month, night.day, tzinfo=UTC)


def problems(policies: Iterable[Policy]) -> list[str]:
    """Why each of the policies could not be read: "policy: reason"."""
    return sorted({f"{one.name}: {one.problem}" for one in policies if one.document is None})


def cited(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    """Statements as findings have them."""
    return [
        {
            "layer": hit.layer,
            "policy": hit.policy,
            "statement": hit.sid or hit.index,
            "effect": hit.effect,
            **({"depends_on": list(hit.unknown_keys)} if hit.unknown_keys else {}),
            "text": hit.text if hit.index is None else json.loads(hit.text),
        }
        for hit in evidence
    ]


def grant(action: str, resource: str, decision: Decision) -> Mapping[str, Any]:
    """An action that is allowed, and by what."""
    return {"action": action, "resource": resource, "statements": cited(decision.evidence)}


def dumped(value: object) -> str:
    """JSON, the same for the same value."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def depends_on(decisions: Iterable[Decision]) -> Iterator[str]:
    """The condition keys that the decisions wait for."""
    yield from sorted({key for one in decisions for key in one.unknown_keys})
