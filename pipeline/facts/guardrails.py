"""Whether the SCPs and RCPs of each member account meet each guardrail objective, by probe requests.

Accounts with the same policies at the same levels are evaluated once, unless the policies mention the account itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from pipeline.facts import PolicyLayer, Queried
from pipeline.facts._evidence import cited, dumped, problems
from pipeline.facts._principals import QUERIES as OF_PRINCIPALS
from pipeline.facts._principals import Levels, PrincipalFactory
from pipeline.policy import ObjectiveResult, Site, judge_objective, objectives
from pipeline.policy.objectives import Objective, Probe
from pipeline.policy.principal import FRESH
from pipeline.schema import ACCOUNT_ID, Column, Dataset, Row

TABLE = Dataset(
    "fact_guardrails",
    "Whether the control policies of each member account meet each guardrail objective, by probe requests.",
    "organization",
    (),
    (
        Column("account_id", "varchar", "Member account", required=True, pattern=ACCOUNT_ID),
        Column("policy_type", "varchar", "SERVICE_CONTROL_POLICY or RESOURCE_CONTROL_POLICY", required=True),
        Column("objective", "varchar", "The objective", required=True),
        Column("title", "varchar", "What it demands"),
        Column("is_enabled", "boolean", "Whether the organization has enabled the policy type"),
        Column("met", "varchar", "Whether every probe is denied", values=("yes", "depends", "no")),
        Column("open_actions", "varchar[]", "Probes that passed"),
        Column("only_for", "varchar[]", "Resources, named by a Deny, that alone are protected"),
        Column("exempt", "varchar[]", "Exceptions written into the Denies that decided"),
        Column("loopholes", "varchar[]", "Those that an administrator of the account can take, with the steps"),
        Column("unreadable", "varchar[]", "Policies that could not be read, and why"),
        Column("statements", "json", "The statements that decided"),
    ),
    key=("account_id", "policy_type", "objective"),
)
QUERIES = {
    **{name: OF_PRINCIPALS[name] for name in ("organization_documents", "levels", "organization")},
    "accounts": """
        select
            control_levels.account_id,
            split_part(accounts.arn, ':', 2) as partition,
            accounts.ou_ids,
            control_levels.policy_type,
            control_levels.levels_sha256
        from int_control_levels as control_levels
        inner join int_accounts as accounts on control_levels.account_id = accounts.account_id
        order by control_levels.account_id, control_levels.policy_type""",
}
JUDGES: tuple[PolicyLayer, ...] = ("scp", "rcp")
KINDS = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}


@cache
def root_at_all() -> Objective:
    """The catalogue's probes of the root user, plus an invented action that a Deny of individual services would not
    stop.
    """
    probes = next((objective.probes for objective in objectives("scp") if objective.id == "root_user"), ())
    unnamed = Probe(f"{FRESH}:{FRESH}", caller="root")
    return Objective("root_at_all", "scp", "Root users of member accounts can do nothing", (unnamed, *probes))


def rows(tables: Queried) -> Iterator[Row]:
    factory = PrincipalFactory(tables)
    shared: dict[tuple[str, str], Row] = {}
    for account in tables["accounts"]:
        policy_type, key = account["policy_type"], account["levels_sha256"]
        levels = factory.levels(policy_type, key)
        site = judged_as(account, factory, levels or ())
        for objective in wanted(KINDS[policy_type]):
            row = shared.get((objective.id, key)) if site.account == SOME else None
            if row is None:
                row = of_result(judge_objective(objective, levels, site), levels) if levels is not None else NOTHING
            if site.account == SOME:
                shared[objective.id, key] = row
            yield {
                "account_id": account["account_id"],
                "policy_type": policy_type,
                "objective": objective.id,
                "title": objective.title,
                "is_enabled": levels is not None,
                **row,
                "only_for": named(row["only_for"], site, account),
                "loopholes": named(row["loopholes"], site, account),
            }


def named(texts: Sequence[str], site: Site, account: Row) -> list[str]:
    """The texts with the account's own id inserted, and a star for placeholder names."""
    return [text.replace(site.account, account["account_id"]).replace(FRESH, "*") for text in texts]


def judged_as(account: Row, factory: PrincipalFactory, levels: Levels) -> Site:
    """The account for evaluation: a generic one, unless the policies mention it or its place in the tree."""
    documents = [policy.document for level in levels for policy in level if policy.document]
    text = "".join(statement.text for document in documents for statement in document.statements)
    if account["account_id"] not in text and "orgpaths" not in text.lower():
        return Site(SOME, account["partition"], factory.organization_id, not_before=factory.not_before)
    path = "/".join([factory.organization_id, *(account["ou_ids"] or []), ""])
    return Site(account["account_id"], account["partition"], factory.organization_id, path, factory.not_before)


SOME = "0" * 12
NOTHING: Row = {
    "met": "no",
    "open_actions": [],
    "only_for": [],
    "exempt": [],
    "loopholes": [],
    "unreadable": [],
    "statements": "[]",
}


def wanted(kind: str) -> tuple[Objective, ...]:
    return (*objectives(kind), *((root_at_all(),) if kind == "scp" else ()))


def of_result(result: ObjectiveResult, levels: Levels) -> Row:
    return {
        "met": result.met.name.lower(),
        "open_actions": list(result.open_actions),
        "only_for": list(result.only_for),
        "exempt": list(result.exempt),
        "loopholes": [str(loophole) for loophole in result.loopholes],
        "unreadable": problems(policy for level in levels for policy in level),
        "statements": dumped(cited(hit for hit in result.evidence if hit.effect == "Deny")),
    }
