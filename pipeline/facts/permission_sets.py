"""What each permission set grants in the large: whether it administers an account, and what of IAM it writes.

Its boundary is left out: the question is what its policies hand out. A customer managed policy is looked for by path
and name in the accounts that the set is provisioned to; where they differ, all that any of them grants counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pipeline.facts import Found
from pipeline.facts._principals import problems
from pipeline.facts.permissions import writes
from pipeline.policy import Policy, Principal, is_admin
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
    "sets": "select permission_set_arn from raw_permission_sets order by permission_set_arn",
    "aws_managed": """
        select
            held.permission_set_arn,
            held.policy_name,
            held.policy_arn,
            min(policies.document)
        from raw_permission_set_policies as held
        left join stg_policies as policies on held.policy_arn = policies.arn
        where held.kind = 'aws_managed'
        group by held.permission_set_arn, held.policy_name, held.policy_arn
        order by held.permission_set_arn, held.policy_arn""",
    "customer_managed": """
        select distinct
            held.permission_set_arn,
            held.policy_name,
            policies.document
        from raw_permission_set_policies as held
        left join raw_permission_set_assignments as assignments
            on held.permission_set_arn = assignments.permission_set_arn
        left join stg_policies as policies
            on
                assignments.target_account_id = policies.account_id
                and held.policy_name = policies.policy_name
                and held.policy_path = policies.path
        where held.kind = 'customer_managed'
        order by held.permission_set_arn, held.policy_name, policies.document nulls last""",
    "inline": """
        select permission_set_arn, policy_name, document
        from raw_permission_set_policies
        where kind = 'inline'
        order by permission_set_arn""",
}
HOLDER = f"arn:aws:iam::{'0' * 12}:role/{FRESH}"


def rows(found: Found) -> Iterator[Row]:
    held: dict[str, list[Policy]] = defaultdict(list)
    for arn, name, policy_arn, text in found["aws_managed"]:
        held[arn].append(Policy.read(name, text, arn=policy_arn) if text else aws_managed_policy(policy_arn))
    for arn, name, text in found["customer_managed"]:
        # Some accounts lack the policy: that matters only where none has it.
        if text or not any(policy.name == name for policy in held[arn]):
            held[arn].append(Policy.read(name, text))
    for arn, name, text in found["inline"]:
        held[arn].append(Policy.read(name, text))
    for (arn,) in found["sets"]:
        yield {"permission_set_arn": arn} | facts(tuple(held[arn]))


def facts(policies: tuple[Policy, ...]) -> Row:
    """The row of one permission set, without its key."""
    principal = Principal(HOLDER, policies)
    admin = is_admin(principal)
    can_write = any(policy.document for policy in policies)
    return {
        "policy_names": sorted({policy.name for policy in policies}),
        "admin": admin.verdict.name.lower(),
        "admin_reason": admin.reason,
        "iam_writes": writes(principal)["iam_writes"] if can_write else [],
        "unreadable": problems(policies),
    }
