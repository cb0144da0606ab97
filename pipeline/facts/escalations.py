"""Which principals can raise themselves, by which paths: the second look, with what their account holds.

Only principals whose permissions alone would open a path (permission_facts.may_escalate) are judged here.
"""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.facts import Found
from pipeline.facts._principals import QUERIES as OF_PRINCIPALS
from pipeline.facts._principals import Holders, accounts, depends_on, dumped, grant, principals
from pipeline.policy import Account, Escalation, Profiles, escalations
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
        Column("grants", "json", "Each action of the path, on which resource, and the statements that allow it"),
    ),
    key=("principal_arn", "path_id"),
)
CANDIDATES = """(
    select account_id, principal_arn from int_principal_permissions where may_escalate and admin <> 'yes'
)"""
QUERIES = {**OF_PRINCIPALS, **accounts(CANDIDATES), "principals": principals(CANDIDATES)}
MOST_TARGETS = 25


def rows(found: Found) -> Iterator[Row]:
    holders = Holders(found)
    held_in, memory = holders.accounts(found), Profiles()
    for held in found["principals"]:
        principal = holders.in_place(held)
        judged = escalations(principal, held_in.get(held[8], Account()), admin=memory.admin(principal))
        for certain, paths in ((True, judged.paths), (False, judged.undecided)):
            for one in paths:
                yield {"account_id": held[8], "principal_arn": held[0], "is_certain": certain} | row(one)


def row(one: Escalation) -> Row:
    decisions = [grant.decision for grant in one.grants]
    return {
        "path_id": one.path.id,
        "title": one.path.title,
        "severity": one.path.severity,
        "aliases": list(one.path.aliases),
        "gain": one.path.gain,
        "verdict": one.verdict.name.lower(),
        "leads_to_admin": one.leads_to_admin.name.lower(),
        "targets": list(one.targets)[:MOST_TARGETS],
        "conditions": list(depends_on(decisions)),
        "grants": dumped([grant(step.action, step.resource, step.decision) for step in one.grants]),
    }
