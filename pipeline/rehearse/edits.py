"""A change as edits of raw tables: the rows that the collectors would read after the attachment.

Policies get ids that say that they are rehearsed. What AWS would first have to compute is left unread: validations of a
new document, and uses after the change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from pipeline.policy.callers import account_of
from pipeline.rehearse.change import Change, NewPolicy
from pipeline.rows import rows
from pipeline.schema import Row
from pipeline.settings import Refused
from pipeline.warehouse.store import Connection

TYPES = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
TARGET_TYPES = {"root": "ROOT", "ou": "ORGANIZATIONAL_UNIT", "account": "ACCOUNT"}
FULL_ACCESS = {"scp": "p-FullAWSAccess", "rcp": "p-RCPFullAWSAccess"}
AWS_MANAGED = "arn:*:iam::aws:policy/*"
OF_AWS = ("/aws-service-role/", "/aws-reserved/")
"""Paths of roles that only AWS changes."""
SSO_INLINE = "AwsSSOInlinePolicy"


@dataclass(frozen=True)
class Edit:
    """One statement on a raw table; `values` are its parameters."""

    dataset: str
    sql: str
    values: Mapping[str, Any] = field(default_factory=dict)


def insert(dataset: str, **row: Any) -> Edit:
    """Insert a row; columns that are not named become null."""
    columns = ", ".join(f"${name} as {name}" for name in row)
    return Edit(dataset, f"insert into raw_{dataset} by name select {columns}", row)


def delete(dataset: str, where: str, **values: Any) -> Edit:
    return Edit(dataset, f"delete from raw_{dataset} where {where}", values)


def update(dataset: str, columns: str, where: str, **values: Any) -> Edit:
    return Edit(dataset, f"update raw_{dataset} set {columns} where {where}", values)


def of(con: Connection, change: Change) -> list[Edit]:
    """The edits of a change, in order. Raises `Refused` if something to be detached is not attached."""
    made = {
        "scp": _control_policies,
        "rcp": _control_policies,
        "boundary": _boundary,
        "identity": _identity,
        "trust": _trust,
        "permission-set": _permission_set,
    }[change.kind]
    return list(made(con, change))


def policy_id(policy: NewPolicy) -> str:
    """An id of the form of AWS's, the same for the same text and name."""
    return f"p-{sha256(f'{policy.name} {policy.text}'.encode()).hexdigest()[:12]}"


def _control_policies(con: Connection, change: Change) -> Iterator[Edit]:
    target, policy_type = change.target, TYPES[change.kind]
    for name in change.removed:
        found = attached(con, change, name)
        if found["is_aws_managed"] and change.kind == "rcp":
            raise Refused(f"--detach {name}: AWS does not let RCPFullAWSAccess be detached")
        yield delete("policy_targets", "policy_id = $id and target_id = $key", id=found["policy_id"], key=target.key)
    for (organization_arn,) in con.execute("select arn from stg_organization").fetchall():
        base = organization_arn.replace(":organization/", ":policy/")
        for policy in change.added:
            key = policy_id(policy)
            yield insert(
                "organization_policies",
                policy_id=key,
                arn=f"{base}/{policy_type.lower()}/{key}",
                name=policy.name,
                policy_type=policy_type,
                is_aws_managed=False,
                document=policy.compact,
                characters=len(policy.text.strip()),
            )
            where = {"target_id": target.key, "target_type": TARGET_TYPES[target.place]}
            yield insert("policy_targets", policy_id=key, **where)


def attached(con: Connection, change: Change, name: str) -> Row:
    """The SCP or RCP of this id, ARN or name that is attached to the target itself. Raises `Refused`."""
    query = """
        select policies.* from stg_organization_policies as policies
        inner join stg_policy_targets as targets on policies.policy_id = targets.policy_id
        where policy_type = $type and target_id = $key and $name in (policies.policy_id, policies.arn, policies.name)"""
    found = rows(con, query, type=TYPES[change.kind], key=change.target.key, name=name)
    if not found:
        raise Refused(
            f"{name}: no {change.kind.upper()} of this name or id is attached to {change.target.label} itself"
        )
    return found[0]


# -- identity policies and boundaries


def _identity(con: Connection, change: Change) -> Iterator[Edit]:
    arn = change.target.key
    for name in change.removed:
        yield from _detached(con, arn, name)
    (principal,) = rows(con, "select account_id, principal_type, name from int_principals where arn = $arn", arn=arn)
    for policy in change.added:
        yield delete("inline_policies", "principal_arn = $arn and policy_name = $name", arn=arn, name=policy.name)
        yield _inline(principal["account_id"], principal["principal_type"], principal["name"], arn, policy)
        yield _unvalidated(principal["account_id"], policy)
    yield _use_unread(arn)


def _unvalidated(account_id: str, policy: NewPolicy, policy_type: str = "IDENTITY_POLICY") -> Edit:
    """The account's validation of the document, without what AWS would find; one that it has already stays."""
    known = "account_id = $account_id and document_sha256 = sha256($document) and policy_type = $policy_type"
    sql = f"""
        insert into raw_document_validations by name
        select $account_id as account_id, sha256($document) as document_sha256, $policy_type as policy_type
        where not exists (from raw_document_validations where {known})"""
    values = {"account_id": account_id, "document": policy.compact, "policy_type": policy_type}
    return Edit("document_validations", sql, values)


def _use_unread(arn: str) -> Edit:
    """AWS reports on the services that a principal's policies allow: with others, it would have to be asked again."""
    message = "with these policies AWS would report on other services, and a rehearsal does not ask"
    return update(
        "last_accessed_reads", "status = 'FAILED', message = $message", "arn = $arn", message=message, arn=arn
    )


def _inline(account_id: str, kind: str, name: str, arn: str, policy: NewPolicy, policy_name: str = "") -> Edit:
    return insert(
        "inline_policies",
        account_id=account_id,
        principal_type=kind,
        principal_name=name,
        principal_arn=arn,
        policy_name=policy_name or policy.name,
        document=policy.compact,
    )


def _detached(con: Connection, arn: str, name: str) -> Iterator[Edit]:
    """Take a managed policy, or an inline one, from a principal."""
    query = """
        select account_id, policy_arn from stg_policy_attachments
        where principal_arn = $arn and $name in (policy_name, policy_arn)
        union all
        select account_id, null from stg_inline_policies where principal_arn = $arn and policy_name = $name"""
    found = rows(con, query, arn=arn, name=name)
    if not found:
        raise Refused(f"{name}: no policy of this name or ARN is attached to {arn} itself")
    for row in found:
        if row["policy_arn"] is None:
            yield delete("inline_policies", "principal_arn = $arn and policy_name = $name", arn=arn, name=name)
            continue
        which = {"arn": arn, "policy": row["policy_arn"]}
        yield delete("policy_attachments", "principal_arn = $arn and policy_arn = $policy", **which)
        yield from _counted("attachment_count", row["account_id"], row["policy_arn"], -1)


def _counted(column: str, account_id: str, policy_arn: str, by: int) -> Iterator[Edit]:
    """One holder more or less of a managed policy; AWS lists its own policies only while they are in use."""
    which = {"account_id": account_id, "policy": policy_arn}
    where = "account_id = $account_id and arn = $policy"
    yield update("policies", f"{column} = {column} + $by", where, by=by, **which)
    if by < 0:
        unused = "attachment_count <= 0 and permissions_boundary_usage_count <= 0"
        yield delete("policies", f"{where} and arn glob '{AWS_MANAGED}' and {unused}", **which)


BOUND = """
    select account_id, principal_type, arn, path, permissions_boundary_arn as boundary from int_principals
    where (arn = $key or ($is_tree and list_contains($accounts, account_id)))
        and not starts_with(path, '/aws-service-role/') and not starts_with(path, '/aws-reserved/')
    order by arn"""


def _boundary(con: Connection, change: Change) -> Iterator[Edit]:
    (policy,), target = change.added, change.target
    is_tree = target.place != "principal"
    bound = rows(con, BOUND, key=target.key, is_tree=is_tree, accounts=list(target.accounts))
    if not bound:
        raise Refused(f"--at {target.label}: only AWS changes this role, or there are no others to bind")
    counts: dict[str, int] = {}
    for row in bound:
        account_id, boundary = row["account_id"], boundary_arn(row["arn"], policy)
        counts[account_id] = counts.get(account_id, 0) + (row["boundary"] != boundary)
        if row["boundary"] and row["boundary"] != boundary:
            yield from _counted("permissions_boundary_usage_count", account_id, row["boundary"], -1)
        table = f"{row['principal_type']}s"
        yield update(table, "permissions_boundary_arn = $boundary", "arn = $arn", boundary=boundary, arn=row["arn"])
    for account_id, count in counts.items():
        yield from _managed(
            con, policy, boundary_arn(f"{bound[0]['arn'].split('::')[0]}::{account_id}:", policy), count
        )


def boundary_arn(principal_arn: str, policy: NewPolicy) -> str:
    """The ARN of the managed policy in the principal's account that its boundary becomes."""
    partition, account_id = principal_arn.split(":")[1], principal_arn.split(":")[4]
    return f"arn:{partition}:iam::{account_id}:policy/{policy.name}"


def _managed(con: Connection, policy: NewPolicy, arn: str, count: int) -> Iterator[Edit]:
    """A managed policy that is the boundary of so many more; one of the same ARN gets a new version."""
    yield _unvalidated(account_of(arn), policy)
    values = {"arn": arn, "document": policy.compact, "count": count}
    if rows(con, "select 1 from stg_policies where arn = $arn", arn=arn):
        columns = "document = $document, updated_at = getvariable('read_at')"
        columns += ", permissions_boundary_usage_count = permissions_boundary_usage_count + $count"
        columns += ", version_count = least(version_count + 1, 5)"
        yield update("policies", columns, "arn = $arn", **values)
        return
    (moment,) = con.execute("select getvariable('read_at')").fetchone() or (None,)
    yield insert(
        "policies",
        account_id=account_of(arn),
        policy_name=policy.name,
        policy_id="ANPA" + sha256(arn.encode()).hexdigest()[:17].upper(),
        arn=arn,
        path="/",
        default_version_id="v1",
        attachment_count=0,
        permissions_boundary_usage_count=count,
        is_attachable=True,
        created_at=moment,
        updated_at=moment,
        version_count=1,
        document=policy.compact,
    )


def _trust(con: Connection, change: Change) -> Iterator[Edit]:
    (policy,), arn = change.added, change.target.key
    found = rows(con, "select path from stg_roles where arn = $arn", arn=arn)
    if not found:
        raise Refused(f"--at {arn}: a user has no trust policy; expected the ARN of a role")
    if found[0]["path"].startswith(OF_AWS):
        raise Refused(f"--at {arn}: only AWS changes the trust policy of this role")
    yield update("roles", "trust_document = $document", "arn = $arn", document=policy.compact, arn=arn)
    yield _unvalidated(account_of(arn), policy, "TRUST_POLICY")


# -- permission sets, and the roles that Identity Center makes of them


def _permission_set(con: Connection, change: Change) -> Iterator[Edit]:
    arn = change.target.key
    held = provisioned(con, arn)
    for name in change.removed:
        query = """
            select kind, policy_name from stg_permission_set_policies
            where permission_set_arn = $arn and $name in (policy_name, policy_arn)"""
        found = rows(con, query, arn=arn, name=name)
        if not found:
            raise Refused(f"{name}: no policy of this name is in {change.target.label}")
        where = "permission_set_arn = $arn and policy_name = $name"
        yield delete("permission_set_policies", where, arn=arn, name=found[0]["policy_name"])
        for role in held:
            kept = SSO_INLINE if found[0]["kind"] == "inline" else found[0]["policy_name"]
            yield from _detached(con, role["arn"], kept)
    for policy in change.added:
        yield delete("permission_set_policies", "permission_set_arn = $arn and kind = 'inline'", arn=arn)
        row = {"kind": "inline", "policy_name": "inline", "document": policy.compact}
        yield insert("permission_set_policies", permission_set_arn=arn, **row)
        for role in held:
            which = {"arn": role["arn"], "name": SSO_INLINE}
            yield delete("inline_policies", "principal_arn = $arn and policy_name = $name", **which)
            yield _inline(role["account_id"], "role", role["name"], role["arn"], policy, SSO_INLINE)
            yield _unvalidated(role["account_id"], policy)
    for role in held:
        yield _use_unread(role["arn"])


def provisioned(con: Connection, permission_set_arn: str) -> list[Row]:
    """The roles that Identity Center keeps for a permission set."""
    sets = rows(con, "select name from stg_permission_sets where permission_set_arn = $arn", arn=permission_set_arn)
    pattern = re.compile(rf"AWSReservedSSO_{re.escape(sets[0]['name'])}_[0-9a-z]{{16}}")
    roles = rows(con, "select account_id, name, arn from int_principals where is_identity_center order by arn")
    return [role for role in roles if pattern.fullmatch(role["name"])]
