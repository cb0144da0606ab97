"""Which principals can become administrator through role trust and escalation, and in how many steps.

Principals that can neither assume a role nor escalate are omitted, because they reach nothing further. They need no
permission of their own if a role of their account trusts everybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._accounts import ByAccount, gives_admin, groups, role, roles, running, workloads
from pipeline.facts._evidence import dumped
from pipeline.facts._principals import QUERIES as OF_PRINCIPALS
from pipeline.facts._principals import PrincipalFactory, principals
from pipeline.facts.escalations import CANDIDATES
from pipeline.policy import Admins, Tri, reach
from pipeline.policy.callers import account_of
from pipeline.policy.reach_graph import Inventory
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
        Column(
            "conditions",
            "varchar[]",
            "Condition keys that this way waits for; none where it holds whatever the request",
        ),
        Column("is_unread", "boolean", "Whether what decides on this way could not be read, or is not collected"),
        Column("unread", "varchar[]", "What the way needs of what runs in the account, and was not read or collected"),
    ),
    key=("principal_arn",),
)
MOVERS = """(
    select principal_arn
    from int_principal_permissions
    where
        (may_escalate or can_assume or admin <> 'no' or len(iam_writes) > 0)
        and keeper is distinct from 'an AWS service'
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
    union
    -- With other tags they may do what they cannot do now.
    select grants.principal_arn
    from int_grants as grants
    inner join int_identity_documents as documents on grants.document_sha256 = documents.document_sha256
    inner join int_principal_permissions as principals on grants.principal_arn = principals.principal_arn
    where
        contains(lower(documents.document), 'aws:principaltag/')
        and principals.keeper is distinct from 'an AWS service'
)"""
WRITERS = "(select account_id from int_principal_permissions where admin <> 'yes' and len(iam_writes) > 0)"
# A role that moves no further is a dead end for whom assumes it: it counts only where another principal of its account
# could escalate by it, or write into it.
ROLES = f"""(
    select principal_arn as arn from {MOVERS}
    union
    select arn from stg_roles semi join {CANDIDATES} using (account_id)
    union
    select arn from stg_roles semi join {WRITERS} using (account_id)
)"""
QUERIES = {
    **OF_PRINCIPALS,
    "principals": principals(MOVERS),
    "roles": roles(ROLES),
    "groups": groups(CANDIDATES),
    **workloads(CANDIDATES),
    "first": """
        select principal_arn, path_id, verdict
        from fact_escalations
        where first is not null and is_certain
        order by principal_arn, path_id""",
}
JUDGES: tuple[PolicyLayer, ...] = ("identity", "boundary", "scp")


def rows(tables: Queried) -> Iterator[Row]:
    """Rows of the table. The graph needs all movers in memory, but no other principals."""
    factory, admins = PrincipalFactory(tables), Admins()
    admin_groups: dict[str, dict[str, Tri]] = defaultdict(dict)
    for row in tables["groups"]:
        admin_groups[row["account_id"]][row["arn"]] = gives_admin(factory, row, admins)
    movers = [factory.in_place(row) for row in tables["principals"]]
    inventories = of_accounts(tables, {principal.account for principal in movers})
    first = [(row["principal_arn"], row["path_id"], Tri[row["verdict"].upper()]) for row in tables["first"]]
    for result in reach(movers, [role(factory, row) for row in tables["roles"]], admin_groups, inventories, first):
        if result.possible_steps is not None or result.steps is not None:
            yield {
                "account_id": account_of(result.arn),
                "principal_arn": result.arn,
                "steps": result.steps,
                "possible_steps": result.possible_steps,
                "via": dumped([{"how": hop.how, "target": hop.target} for hop in result.hops]),
                "conditions": list(result.conditions),
                "is_unread": result.is_unread,
                "unread": list(result.unread),
            }


def of_accounts(tables: Queried, accounts: Iterable[str]) -> dict[str, Inventory]:
    """What runs in each account, and what of it was not read."""
    workloads, unread = ByAccount(tables["workloads"]), ByAccount(tables["unread"])
    return {
        account: (running(workloads.of(account)), {row["dataset"]: row["reason"] for row in unread.of(account)})
        for account in sorted(accounts)
    }
