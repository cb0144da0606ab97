"""In how many steps which principals can become administrator, over role trust and escalation.

Left out are principals that can neither assume a role nor escalate: nothing leads on from them. Where a role of their
own account trusts everybody, they need no right of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pipeline.facts import Found
from pipeline.facts._principals import QUERIES as OF_PRINCIPALS
from pipeline.facts._principals import Holders, accounts, dumped, principals
from pipeline.policy import Tri, reach
from pipeline.policy.callers import account_of
from pipeline.schema import ACCOUNT_ID, Column, Dataset, Row

TABLE = Dataset(
    "fact_reach",
    "Principals that are, or can become, administrator: in how many steps, and one shortest way.",
    "account",
    (),
    (
        Column("account_id", "varchar", "Account of the principal", required=True, pattern=ACCOUNT_ID),
        Column("principal_arn", "varchar", "The principal", required=True),
        Column("steps", "bigint", "Steps by ways that hold whatever the request; 0 is an administrator"),
        Column("possible_steps", "bigint", "Steps when ways under conditions count too"),
        Column("via", "json", "One shortest way: for each step how, and to which principal"),
    ),
    key=("principal_arn",),
)
MOVERS = """(
    select principal_arn
    from int_principal_permissions
    where (may_escalate or can_assume or admin <> 'no') and keeper is distinct from 'an AWS service'
    union
    select principal from fact_trust_principals where principal_type = 'aws'
    union
    select principals.principal_arn
    from int_principal_permissions as principals
    inner join stg_roles as roles on principals.account_id = roles.account_id
    inner join fact_trust_principals as trusts on sha256(roles.trust_document) = trusts.document_sha256
    where
        trusts.principal_type = 'any'
        and trusts.effect = 'Allow'
        and principals.keeper is distinct from 'an AWS service'
)"""
EVERYWHERE = "(select account_id from stg_expected_accounts)"
QUERIES = {**OF_PRINCIPALS, **accounts(EVERYWHERE), "principals": principals(MOVERS)}


def rows(found: Found) -> Iterator[Row]:
    holders = Holders(found)
    groups: dict[str, dict[str, Tri]] = defaultdict(dict)
    for arn, verdict in holders.groups(found).items():
        groups[account_of(arn)][arn] = verdict
    everyone = [holders.in_place(held) for held in found["principals"]]
    for one in reach(everyone, [holders.role(row) for row in found["roles"]], groups):
        if one.possible_steps is not None or one.steps is not None:
            yield {
                "account_id": account_of(one.arn),
                "principal_arn": one.arn,
                "steps": one.steps,
                "possible_steps": one.possible_steps,
                "via": dumped([{"how": hop.how, "target": hop.target} for hop in one.hops]),
            }
