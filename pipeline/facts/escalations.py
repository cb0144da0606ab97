"""Which principals can escalate, by which paths, considering the contents of their accounts.

Only principals whose permissions alone would open a path (fact_permissions.may_escalate) are evaluated here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._accounts import Accounts, groups, holders, levers, roles, users, workloads
from pipeline.facts._evidence import depends_on, dumped, grant
from pipeline.facts._principals import QUERIES as OF_PRINCIPALS
from pipeline.facts._principals import PrincipalFactory, principals
from pipeline.policy import Admins, Escalation, escalations
from pipeline.schema import ACCOUNT_ID, Column, Dataset, Row

TABLE = Dataset(
    "fact_escalations",
    "Ways of principals that are no administrators to more than they were given: a row for each principal and path.",
    "account",
    (),
    (
        Column("account_id", "varchar", "Account of the principal", required=True, pattern=ACCOUNT_ID),
        Column("principal_arn", "varchar", "The principal", required=True),
        Column("path_id", "varchar", "The path, as the catalogue of paths has it", required=True),
        Column("title", "varchar", "What the principal would do"),
        Column("severity", "varchar", "How bad the path is"),
        Column("aliases", "varchar[]", "Names of the path in public catalogues"),
        Column("gain", "varchar", "What it brings", values=("grant", "become", "resource")),
        Column("verdict", "varchar", "Whether it is open: yes, or depends on conditions", values=("yes", "depends")),
        Column("is_certain", "boolean", "Whether the target certainly is one that gains the principal something"),
        Column("leads_to_admin", "varchar", "Whether it makes an administrator", values=("yes", "depends", "no")),
        Column("targets", "varchar[]", "What it takes over; administrators first, at most 25"),
        Column("conditions", "varchar[]", "Condition keys that it depends on"),
        Column("first", "varchar", "The target, if its rights have to be changed first; null if not"),
        Column("unread", "varchar[]", "What the path needs and was not read or collected; then it is not certain"),
        Column("grants", "json", "Each action of the path, on which resource, and the statements that allow it"),
    ),
    key=("principal_arn", "path_id"),
)
CANDIDATES = """(
    select account_id, principal_arn from int_principal_permissions where may_escalate and admin <> 'yes'
)"""
QUERIES = {
    **OF_PRINCIPALS,
    "principals": principals(CANDIDATES),
    "roles": roles(f"(select arn from stg_roles semi join {CANDIDATES} using (account_id))"),
    "users": users(CANDIDATES),
    "groups": groups(CANDIDATES),
    **holders(CANDIDATES),
    **workloads(CANDIDATES),
    **levers(CANDIDATES),
}
JUDGES: tuple[PolicyLayer, ...] = ("identity", "boundary", "scp")
MOST_TARGETS = 25


def rows(tables: Queried) -> Iterator[Row]:
    factory, admins = PrincipalFactory(tables), Admins()
    accounts = Accounts(tables, factory)
    for account_id, candidates in groupby(tables["principals"], key=itemgetter("account_id")):
        account = accounts.account(account_id)
        for principal in map(factory.in_place, candidates):
            judged = escalations(principal, account, admin=admins.of(principal))
            key = {"account_id": account_id, "principal_arn": principal.arn}
            yield from (key | {"is_certain": True} | row(path) for path in judged.paths)
            yield from (key | {"is_certain": False} | row(path) for path in judged.undecided)


def row(escalation: Escalation) -> Row:
    """One path of a principal, without its key."""
    decisions = [grant.decision for grant in escalation.grants]
    return {
        "path_id": escalation.path.id,
        "title": escalation.path.title,
        "severity": escalation.path.severity,
        "aliases": list(escalation.path.aliases),
        "gain": escalation.path.gain,
        "verdict": escalation.verdict.name.lower(),
        "leads_to_admin": escalation.leads_to_admin.name.lower(),
        "targets": list(escalation.targets)[:MOST_TARGETS],
        "conditions": list(depends_on(decisions)),
        "first": escalation.first or None,
        "unread": list(escalation.unread),
        "grants": dumped([grant(step.action, step.resource, step.decision) for step in escalation.grants]),
    }
