"""The principals of a night, as input for the policy evaluator.

Facts about principals include `QUERIES` and `principals(...)` in their queries and pass the rows to
`PrincipalFactory`. A row contains the documents of its principal, so that no fact has to keep all documents in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import lru_cache

from pipeline.facts import Queried
from pipeline.policy.callers import account_of
from pipeline.policy.context import FIRST_RELEASE, Value
from pipeline.policy.grammar import Kind
from pipeline.policy.managed import aws_managed_policy
from pipeline.policy.principal import Principal
from pipeline.policy.request import Policy
from pipeline.schema import Row

Levels = tuple[tuple[Policy, ...], ...]
"""Control policies by level of the tree, root first, account last."""

QUERIES = {
    "organization_documents": """
        select document_sha256, any_value(document) as document
        from stg_organization_policies
        group by document_sha256
        order by document_sha256""",
    "levels": """
        select distinct control_levels.levels_sha256, control_levels.policy_type, control_levels.levels
        from int_control_levels as control_levels
        where exists (
            from stg_organization_roots as roots
            where list_contains(roots.enabled_policy_types, control_levels.policy_type)
        )""",
    "organization": """
        select coalesce(organization_id, '') as organization_id, management_account_id,
            getvariable('as_of') as as_of from stg_organization""",
    "identity_center": """
        select account_id from stg_delegated_administrators where service_principal = 'sso.amazonaws.com'""",
    "places": """
        select account_id, ou_ids from int_accounts order by account_id""",
}

# Permission sets are kept in the management account and those it has delegated them to; elsewhere the calls fail.
NO_IDENTITY_CENTER = Policy.read(
    "Identity Center is not administered from this account",
    {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Deny", "Action": ["sso:*", "sso-directory:*", "identitystore:*"], "Resource": "*"},
    },
)
DOCUMENTS_KEPT = 4096


def principals(which: str) -> str:
    """A query for the principals in `which`, a table of principal_arn, as input for `PrincipalFactory`."""
    return f"""
        with
        chosen as (select permissions.* from int_permissions as permissions semi join {which} using (principal_arn)),

        attached as (
            select
                grants.principal_arn,
                list(
                    {{
                        name: grants.policy_name,
                        arn: coalesce(grants.policy_arn, ''),
                        sha256: grants.document_sha256,
                        document: documents.document
                    }}
                    order by grants.policy_name, grants.policy_arn, grants.document_sha256, grants.via_group
                ) as policies
            from int_grants as grants
            semi join chosen on grants.principal_arn = chosen.principal_arn
            left join int_identity_documents as documents on grants.document_sha256 = documents.document_sha256
            group by grants.principal_arn
        ),

        in_groups as (
            select users.arn, list(distinct groups.arn order by groups.arn) as groups
            from (select arn, account_id, unnest(group_names) as group_name from stg_users) as users
            semi join chosen on users.arn = chosen.principal_arn
            inner join stg_groups as groups
                on users.account_id = groups.account_id and users.group_name = groups.group_name
            group by users.arn
        )

        select
            chosen.account_id,
            chosen.principal_arn,
            chosen.permissions_sha256,
            coalesce(attached.policies, []) as policies,
            if(
                chosen.boundary_arn is null,
                null,
                {{
                    name: coalesce(nullif(chosen.boundary_name, ''), chosen.boundary_arn),
                    arn: chosen.boundary_arn,
                    sha256: chosen.boundary_sha256,
                    document: boundaries.document
                }}
            ) as boundary,
            chosen.scp_levels_sha256,
            coalesce(in_groups.groups, []) as groups,
            map_entries(chosen.tags::json::map(varchar, varchar)) as tags,
            chosen.takes_session_tags
        from chosen
        left join attached on chosen.principal_arn = attached.principal_arn
        left join int_identity_documents as boundaries on chosen.boundary_sha256 = boundaries.document_sha256
        left join in_groups on chosen.principal_arn = in_groups.arn
        order by chosen.account_id, chosen.principal_arn"""


# One principal for all that have the same permissions: what a fact judges once for each of int_permissions' keys.
ONE_FOR_ALL_ALIKE = principals(
    "(select min(principal_arn) as principal_arn from int_permissions group by permissions_sha256)"
)


def start_of(as_of: date | None) -> datetime:
    """The first moment of the night, UTC: no request judged in it is older."""
    return datetime(as_of.year, as_of.month, as_of.day, tzinfo=UTC) if as_of else FIRST_RELEASE


class PrincipalFactory:
    """Creates principals from the rows of `principals`. Each set of control policies is parsed once."""

    def __init__(self, tables: Queried) -> None:
        self._documents = {row["document_sha256"]: row["document"] for row in tables["organization_documents"]}
        self._levels = {(row["policy_type"], row["levels_sha256"]): row["levels"] for row in tables["levels"]}
        self._levels_read: dict[tuple[str, str], Levels] = {}
        organization = next(iter(tables["organization"]), {})
        self.organization_id = organization.get("organization_id", "")
        self.management_account = organization.get("management_account_id", "")
        self.not_before = start_of(organization.get("as_of"))
        delegated = (row["account_id"] for row in tables.get("identity_center", ()))
        self._identity_center = {self.management_account, *delegated}
        paths = {row["account_id"]: self._path(row["ou_ids"]) for row in tables.get("places", ())}
        self._callers = {account: self._known("Principal", path) for account, path in paths.items()}
        self._places = {account: self._known("Resource", path) for account, path in paths.items()}

    def _path(self, ou_ids: Sequence[str] | None) -> str:
        """The account's path in the format of condition keys, "o-id/r-id/ou-id/"; '' if not known."""
        return "/".join((self.organization_id, *ou_ids, "")) if ou_ids else ""

    def _known(self, whose: str, path: str) -> Mapping[str, Value]:
        """The condition keys on the organization of a principal or a resource.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        """
        keys: dict[str, Value] = {f"aws:{whose}OrgID": self.organization_id} if self.organization_id else {}
        return keys | {f"aws:{whose}OrgPaths": (path,)} if path else keys

    def principal(self, row: Row) -> Principal:
        """The principal of a row of `principals`, usable for any account."""
        holder = self.holder(
            row["principal_arn"], row["policies"], row["scp_levels_sha256"], row["groups"], row["boundary"]
        )
        tags = None if row["tags"] is None else {tag["key"]: tag["value"] for tag in row["tags"]}
        return replace(holder, tags=tags, takes_session_tags=row["takes_session_tags"])

    def in_place(self, row: Row) -> Principal:
        """The same principal in its account: permission sets can be changed only from a few accounts."""
        principal = self.principal(row)
        if principal.account in self._identity_center:
            return principal
        return replace(principal, policies=(*principal.policies, NO_IDENTITY_CENTER))

    def holder(
        self,
        arn: str,
        policies: Sequence[Row],
        scp_levels_sha256: str | None,
        groups: Sequence[str],
        boundary: Row | None = None,
    ) -> Principal:
        """A principal with these policies: {name, arn, sha256, document}."""
        return Principal(
            arn,
            tuple(identity_policy(policy) for policy in policies),
            identity_policy(boundary) if boundary else None,
            scp_levels=self.levels("SERVICE_CONTROL_POLICY", scp_levels_sha256),
            management_account=self.management_account,
            groups=tuple(groups),
            facts=self._callers.get(account_of(arn)) or self._known("Principal", ""),
            places=self._places,
            not_before=self.not_before,
        )

    def levels(self, policy_type: str, sha256: str | None) -> Levels | None:
        """The control policies by level; None if none apply, or the organization has not enabled the type."""
        if sha256 is None or (policy_type, sha256) not in self._levels:
            return None
        key, kind = (policy_type, sha256), "scp" if policy_type == "SERVICE_CONTROL_POLICY" else "rcp"
        if key not in self._levels_read:
            self._levels_read[key] = tuple(
                tuple(read(policy["name"], self._documents.get(policy["sha256"]), kind) for policy in level)  # type: ignore[arg-type]
                for level in self._levels[key]
            )
        return self._levels_read[key]


def identity_policy(row: Row) -> Policy:
    """An identity policy or boundary; for an AWS managed policy that was not read, with the bundled document."""
    if row["sha256"] is None and row["arn"]:
        return aws_managed_policy(row["arn"])
    return read(row["name"], row["document"], "identity", row["arn"])


def read(name: str, text: str | None, kind: Kind, arn: str = "") -> Policy:
    """The policy with this name and document. Parsed documents are cached, up to `DOCUMENTS_KEPT`."""
    parsed = _parsed(text, kind)
    return Policy(name, parsed.document, parsed.problem, arn)


@lru_cache(maxsize=DOCUMENTS_KEPT)
def _parsed(text: str | None, kind: Kind) -> Policy:
    return Policy.read("", text, kind)
