"""Whether the SCPs and RCPs of each member account meet each guardrail objective, by probe requests.

Accounts with the same policies at the same levels are judged once, unless the policies speak of the account itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from pipeline.facts import Found
from pipeline.facts._principals import QUERIES as OF_PRINCIPALS
from pipeline.facts._principals import Holders, Levels, cited, dumped, problems
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
        Column("is_enabled", "boolean", "Whether the organization has switched the policy type on"),
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
    **{name: OF_PRINCIPALS[name] for name in ("organization_documents", "levels", "night")},
    "accounts": """
        select
            control_levels.account_id,
            split_part(accounts.arn, ':', 2),
            accounts.ou_ids,
            control_levels.policy_type,
            control_levels.levels_sha256
        from int_control_levels as control_levels
        inner join int_accounts as accounts on control_levels.account_id = accounts.account_id
        order by control_levels.account_id, control_levels.policy_type""",
}
KINDS = {"SERVICE_CONTROL_POLICY": "scp", "RESOURCE_CONTROL_POLICY": "rcp"}


@cache
def root_at_all() -> Objective:
    """The catalogue's probes of the root user, and an action nobody named: a Deny of a few services lets it pass."""
    probes = next(one.probes for one in objectives("scp") if one.id == "root_user")
    unnamed = Probe(f"{FRESH}:{FRESH}", caller="root")
    return Objective("root_at_all", "scp", "Root users of member accounts can do nothing", (unnamed, *probes))


def rows(found: Found) -> Iterator[Row]:
    holders = Holders(found)
    judged: dict[tuple[str, str, Site], Row] = {}
    for account_id, partition, ou_ids, policy_type, levels_sha256 in found["accounts"]:
        levels = holders.levels(policy_type, levels_sha256)
        path = "/".join([holders.organization_id, *(ou_ids or []), ""])
        site = Site(account_id, partition, holders.organization_id, path)
        text = "".join(one.text for level in levels or () for p in level if p.document for one in p.document.statements)
        judged_as = site if account_id in text or "orgpaths" in text.lower() else Site(SOME, partition, site.org_id)
        for objective in wanted(KINDS[policy_type]):
            row: Row = {
                "account_id": account_id,
                "policy_type": policy_type,
                "objective": objective.id,
                "title": objective.title,
                "is_enabled": levels is not None,
            }
            key = (objective.id, levels_sha256, judged_as)
            if levels is not None and key not in judged:
                judged[key] = of_result(judge_objective(objective, levels, judged_as), levels)
            found = judged.get(key, NOTHING)
            named = {
                column: [one.replace(judged_as.account, account_id).replace(FRESH, "*") for one in found[column]]
                for column in ("only_for", "loopholes")
            }
            yield row | found | named


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
        "loopholes": [str(one) for one in result.loopholes],
        "unreadable": problems(policy for level in levels for policy in level),
        "statements": dumped(cited(hit for hit in result.evidence if hit.effect == "Deny")),
    }
