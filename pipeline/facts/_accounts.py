"""Potential targets of escalation in an account: roles, users and groups, and what runs in it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from itertools import groupby
from operator import itemgetter

from pipeline.facts import Queried
from pipeline.facts._principals import PrincipalFactory, principals, read
from pipeline.policy.account import Account, Levers, Role, Workload
from pipeline.policy.principal import FRESH, Principal
from pipeline.policy.rights import Admins
from pipeline.policy.tri import Tri
from pipeline.schema import Row


def roles(which: str) -> str:
    """A query for the roles in `which`, a table of arn, as input for `role`. Service-linked roles are omitted, because
    only services can assume them.
    """
    return f"""
        select
            roles.account_id,
            roles.arn,
            any_value(roles.trust_document) as trust_document,
            any_value(permissions.admin) as admin,
            any_value(permissions.held_back) as held_back,
            any_value(permissions.at_most) as at_most,
            coalesce(any_value(permissions.boundary_arn), '') as boundary_arn,
            any_value(roles.instance_profile_names) as instance_profile_names,
            any_value(levels.levels_sha256) as rcp_levels_sha256,
            list(distinct grants.policy_arn order by grants.policy_arn)
                filter (grants.policy_arn is not null and grants.policy_arn not glob 'arn:*:iam::aws:*')
                as customer_policies
        from stg_roles as roles
        semi join {which} as which on roles.arn = which.arn
        inner join int_principal_permissions as permissions on roles.arn = permissions.principal_arn
        left join int_grants as grants on roles.arn = grants.principal_arn
        left join int_control_levels as levels
            on roles.account_id = levels.account_id and levels.policy_type = 'RESOURCE_CONTROL_POLICY'
        where not roles.is_service_linked
        group by roles.account_id, roles.arn
        order by roles.account_id, roles.arn"""


def users(which: str) -> str:
    """A query for the users of the accounts in `which`, a table of account_id."""
    return f"""
        select permissions.account_id, permissions.principal_arn as arn, permissions.admin
        from int_principal_permissions as permissions
        semi join {which} as which on permissions.account_id = which.account_id
        where permissions.principal_type = 'user'
        order by permissions.account_id, permissions.principal_arn"""


def groups(which: str) -> str:
    """A query for the groups of the accounts in `which`, a table of account_id, as input for `gives_admin`."""
    return f"""
        select
            groups.account_id,
            groups.arn,
            coalesce(
                list(
                    {{
                        name: held.policy_name,
                        arn: held.policy_arn,
                        sha256: held.document_sha256,
                        document: documents.document
                    }}
                    order by held.policy_name
                ) filter (held.policy_name is not null),
                []
            ) as policies,
            any_value(levels.levels_sha256) as scp_levels_sha256
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
        left join int_identity_documents as documents on held.document_sha256 = documents.document_sha256
        left join int_control_levels as levels
            on groups.account_id = levels.account_id and levels.policy_type = 'SERVICE_CONTROL_POLICY'
        group by groups.account_id, groups.arn
        order by groups.account_id, groups.arn"""


def levers(which: str) -> Mapping[str, str]:
    """Queries for what of the users and groups of the accounts in `which`, a table of account_id, others can edit, and
    for the customer managed policies there that allow everything.
    """
    return {
        "levers": f"""
            with held as (
                select account_id, principal_arn as arn, policy_arn from int_grants where principal_type = 'user'
                union all
                select account_id, principal_arn, policy_arn from stg_policy_attachments where principal_type = 'group'
            ),
            memberships as (
                select users.account_id, users.arn, groups.arn as group_arn
                from (select account_id, arn, unnest(group_names) as group_name from stg_users) as users
                inner join stg_groups as groups using (account_id, group_name)
            ),
            levers as (
                select account_id, arn, policy_arn, null as boundary_arn, null as group_arn from held
                where policy_arn not glob 'arn:*:iam::aws:*'
                union all
                select account_id, arn, null, permissions_boundary_arn, null from stg_users
                union all
                select account_id, arn, null, null, group_arn from memberships
            )
            select account_id, arn, coalesce(max(boundary_arn), '') as boundary_arn,
                list_sort(coalesce(list(distinct policy_arn) filter (policy_arn is not null), [])) as customer_policies,
                list_sort(coalesce(list(distinct group_arn) filter (group_arn is not null), [])) as groups
            from levers semi join {which} as which using (account_id)
            group by account_id, arn order by account_id, arn""",
        "strong": f"""
            select distinct policies.account_id, policies.arn
            from stg_policies as policies
            semi join {which} as which on policies.account_id = which.account_id
            inner join int_customer_facts as facts
                on policies.account_id = facts.account_id and policies.arn = facts.resource
            where facts.kind = 'admin'
            order by policies.account_id, policies.arn""",
    }


def holders(which: str) -> Mapping[str, str]:
    """Queries for the permissions of all users and roles of the accounts in `which`, a table of account_id: one
    principal per account and distinct set of permissions, and who has the same ones.
    """
    of_accounts = f"""
        from int_permissions as permissions
        semi join {which} as which on permissions.account_id = which.account_id
        where not permissions.is_service_linked
        group by permissions.account_id, permissions.permissions_sha256"""
    return {
        "holders": principals(f"(select min(permissions.principal_arn) as principal_arn {of_accounts})"),
        "alike": f"""
            select
                permissions.account_id,
                permissions.permissions_sha256,
                list(permissions.principal_arn order by permissions.principal_arn) as principal_arns
            {of_accounts}
            order by permissions.account_id, permissions.permissions_sha256""",
    }


def workloads(which: str) -> Mapping[str, str]:
    """Queries for what runs in the accounts in `which`, a table of account_id, and for what of it was not read."""
    return {
        "workloads": f"""
        select workloads.account_id, workloads.dataset, workloads.arn, workloads.role_arn
        from int_workloads as workloads
        semi join {which} as which on workloads.account_id = which.account_id
        order by workloads.account_id, workloads.dataset, workloads.arn""",
        "unread": f"""
        select unread.account_id, unread.dataset, string_agg(unread.reason, ', ' order by unread.reason) as reason
        from (from int_workloads_unread union all by name from int_permission_sets_unread) as unread
        semi join {which} as which on unread.account_id = which.account_id
        group by unread.account_id, unread.dataset
        order by unread.account_id, unread.dataset""",
    }


DATASETS = (
    *("lambda_functions", "codebuild_projects", "ec2_instances", "ecs_clusters", "eks_clusters", "saml_providers"),
    *("organization_identity_center", "permission_sets", "permission_set_assignments", "identity_store_groups"),
)


def running(rows: Iterable[Row]) -> dict[str, tuple[Workload, ...]]:
    """The rows of `workloads` of one account, by dataset; those without rows were read and are empty."""
    by_dataset: dict[str, list[Workload]] = {name: [] for name in DATASETS}
    for row in rows:
        by_dataset[row["dataset"]].append(Workload(row["arn"], row["role_arn"]))
    return {name: tuple(found) for name, found in by_dataset.items()}


class Accounts:
    """The accounts of `roles`, `users`, `groups`, `holders` and `workloads`, read one at a time in order of id."""

    def __init__(self, tables: Queried, factory: PrincipalFactory) -> None:
        self._factory = factory
        self._admins = Admins()
        self._compared: dict[Hashable, Tri] = {}
        named = ("roles", "users", "groups", "holders", "alike", "workloads", "unread", "levers", "strong")
        self._of = {name: ByAccount(tables[name]) for name in named}

    def account(self, account_id: str) -> Account:
        """The account. Accounts must be requested in order of id."""
        members = {row["arn"]: member(self._factory, row) for row in self._of["groups"].of(account_id)}
        return Account(
            {row["arn"]: role(self._factory, row) for row in self._of["roles"].of(account_id)},
            {row["arn"]: Tri[row["admin"].upper()] for row in self._of["users"].of(account_id)},
            {arn: self._admins.of(principal).verdict for arn, principal in members.items()},
            members | self._holders_of(account_id),
            running(self._of["workloads"].of(account_id)),
            {row["dataset"]: row["reason"] for row in self._of["unread"].of(account_id)},
            self._compared,
            {row["arn"]: levers_of(row) for row in self._of["levers"].of(account_id)},
            tuple(row["arn"] for row in self._of["strong"].of(account_id)),
        )

    def _holders_of(self, account_id: str) -> dict[str, Principal]:
        alike = {row["permissions_sha256"]: row["principal_arns"] for row in self._of["alike"].of(account_id)}
        holders = {row["permissions_sha256"]: self._factory.in_place(row) for row in self._of["holders"].of(account_id)}
        return {arn: holders[key] for key, arns in alike.items() if key in holders for arn in arns}


class ByAccount:
    """Rows sorted by account_id, read one account at a time."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._accounts = groupby(rows, key=itemgetter("account_id"))
        self._next = next(self._accounts, None)

    def of(self, account_id: str) -> list[Row]:
        """The rows of the account. Rows of earlier accounts are skipped."""
        while self._next and self._next[0] < account_id:
            self._next = next(self._accounts, None)
        return list(self._next[1]) if self._next and self._next[0] == account_id else []


def levers_of(row: Row) -> Levers:
    """The levers of a row of `levers`, or of `roles`."""
    return Levers(tuple(row["customer_policies"] or ()), row["boundary_arn"], tuple(row.get("groups") or ()))


def role(factory: PrincipalFactory, row: Row) -> Role:
    """The role of a row of `roles`."""
    profiles = row["instance_profile_names"]
    return Role(
        row["arn"],
        read("trust policy", row["trust_document"], "trust"),
        Tri[row["admin"].upper()],
        levers_of(row),
        factory.levels("RESOURCE_CONTROL_POLICY", row["rcp_levels_sha256"]),
        Tri[row["held_back"].upper()],
        Tri[row["at_most"].upper()],
        None if profiles is None else bool(profiles),
    )


def gives_admin(factory: PrincipalFactory, row: Row, admins: Admins) -> Tri:
    """Whether the group of a row of `groups` makes its members administrators."""
    return admins.of(member(factory, row)).verdict


def member(factory: PrincipalFactory, row: Row) -> Principal:
    """A user with only the permissions of the group in a row of `groups`."""
    user = row["arn"].split(":group/")[0] + f":user/{FRESH}"
    return factory.holder(user, row["policies"], row["scp_levels_sha256"], [row["arn"]])
