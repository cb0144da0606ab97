"""Overall permissions of each permission set: whether it administers an account, and its write access to IAM.

The boundary is ignored, because the question is what the policies grant. A customer managed policy is looked up by path
and name in the accounts where the set is provisioned; if they differ, everything that any of them grants counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._evidence import problems
from pipeline.facts.permissions import writes
from pipeline.policy import Policy, Principal, is_admin
from pipeline.policy.callers import partition_of
from pipeline.policy.managed import aws_managed_policy
from pipeline.policy.principal import FRESH
from pipeline.schema import ARN, Column, Dataset, Row

TABLE = Dataset(
    "fact_permission_sets",
    "What each permission set grants in the large, by its policies alone.",
    "organization",
    (),
    (
        Column("permission_set_arn", "varchar", "ARN of the permission set", required=True, pattern=ARN),
        Column("policy_names", "varchar[]", "Names of its policies; 'inline' for an inline one"),
        Column("admin", "varchar", "Whether it administers an account", values=("yes", "depends", "no")),
        Column("admin_reason", "varchar", "What decided"),
        Column("iam_writes", "varchar[]", "Writes to IAM principals that it allows in some way"),
        Column("unreadable", "varchar[]", "Policies that could not be read, and why"),
    ),
    key=("permission_set_arn",),
)
QUERIES = {
    "sets": """
        with
        attached as (
            select
                held.permission_set_arn,
                'aws_managed' as kind,
                held.policy_name as name,
                held.policy_arn as arn,
                min(policies.document) as document
            from stg_permission_set_policies as held
            left join stg_policies as policies on held.policy_arn = policies.arn
            where held.kind = 'aws_managed'
            group by held.permission_set_arn, held.policy_name, held.policy_arn
            union all
            select distinct
                held.permission_set_arn,
                held.kind,
                held.policy_name,
                '',
                policies.document
            from stg_permission_set_policies as held
            left join stg_permission_set_assignments as assignments
                on held.permission_set_arn = assignments.permission_set_arn
            left join stg_policies as policies
                on
                    assignments.target_account_id = policies.account_id
                    and held.policy_name = policies.policy_name
                    and held.policy_path = policies.path
            where held.kind = 'customer_managed'
            union all
            select permission_set_arn, kind, policy_name, '', document
            from stg_permission_set_policies
            where kind = 'inline'
        )

        select
            sets.permission_set_arn,
            coalesce(
                list(
                    {kind: attached.kind, name: attached.name, arn: attached.arn, document: attached.document}
                    order by attached.kind, attached.arn, attached.name, attached.document nulls last
                ) filter (attached.kind is not null),
                []
            ) as policies
        from stg_permission_sets as sets
        left join attached on sets.permission_set_arn = attached.permission_set_arn
        group by sets.permission_set_arn
        order by sets.permission_set_arn""",
}
JUDGES: tuple[PolicyLayer, ...] = ("identity",)


def rows(tables: Queried) -> Iterator[Row]:
    for row in tables["sets"]:
        arn = row["permission_set_arn"]
        yield {"permission_set_arn": arn} | facts(tuple(policies_of(row["policies"])), partition_of(arn))


def policies_of(rows: Sequence[Row]) -> Iterator[Policy]:
    """The policies of one set: {kind, name, arn, document}."""
    was_read = {row["name"] for row in rows if row["document"]}
    for row in rows:
        if row["kind"] == "aws_managed" and not row["document"]:
            yield aws_managed_policy(row["arn"])
        # Some accounts lack a customer managed policy: that matters only where none has it.
        elif row["kind"] != "customer_managed" or row["document"] or row["name"] not in was_read:
            yield Policy.read(row["name"], row["document"], arn=row["arn"])


def facts(policies: tuple[Policy, ...], partition: str) -> Row:
    """The row of one permission set, without its key."""
    principal = Principal(f"arn:{partition}:iam::{'0' * 12}:role/{FRESH}", policies)
    admin = is_admin(principal)
    readable = tuple(policy for policy in policies if policy.document)
    return {
        "policy_names": sorted({policy.name for policy in policies}),
        "admin": admin.verdict.name.lower(),
        "admin_reason": admin.reason,
        "iam_writes": writes(replace(principal, policies=readable))["iam_writes"] if readable else [],
        "unreadable": problems(policies),
    }
