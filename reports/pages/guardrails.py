"""The page on guardrails: which objectives the organization's SCPs and RCPs meet, by account and OU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from markupsafe import Markup

from pipeline.rows import group
from pipeline.schema import Row
from reports.filters import visible
from reports.night import PublishedNight, keyed
from reports.pages._page import Kind, Page
from reports.queries import ABOVE

PLACE = 42
TITLE = "Access"
ENTRIES = (("guardrails", "guardrails.html", "Guardrails"),)
KINDS = (Kind("guardrails", "report_guardrails", "Which account meets which objective of the SCPs and RCPs."),)

GUARDS = (
    ("scp", "SERVICE_CONTROL_POLICY", "Service control policies", "scp_objectives"),
    ("rcp", "RESOURCE_CONTROL_POLICY", "Resource control policies", "rcp_objectives"),
)
"""Policy types with objectives: abbreviation, AWS's name, plain name, and the control that evaluates it."""

GUARDRAILS = """
    select g.policy_type, g.account_id, a.name as account_name, list(g.verdict order by g.objective) as verdicts,
        count(*) filter (g.verdict = 'fail') as fails, count(*) filter (g.verdict = 'unknown') as unknown
    from guardrails g left join accounts a using (account_id) where g.as_of = $as_of
    group by g.policy_type, g.account_id, a.name
    order by g.policy_type, fails desc, unknown desc, a.name, g.account_id"""
"""Each account's verdicts, in the order of the objectives."""
OBJECTIVES = """
    select policy_type, objective, any_value(title) as title, count(*) filter (verdict = 'pass') as "pass",
        count(*) filter (verdict = 'fail') as fail, count(*) filter (verdict = 'exempt') as exempt,
        count(*) filter (verdict = 'unknown') as "unknown",
        count(*) filter (verdict = 'not_applicable') as not_applicable
    from guardrails where as_of = $as_of group by policy_type, objective order by policy_type, objective"""
GUARDRAIL_OUS = f"""
    with recursive {ABOVE}
    select g.policy_type, above.ou_id, g.objective, count(*) filter (g.verdict = 'fail') as fails,
        count(*) filter (g.verdict = 'unknown') as unknown,
        count(*) filter (g.verdict in ('pass', 'fail', 'exempt')) as judged
    from guardrails g join accounts a using (account_id) join above on a.ou_id = above.member
    where g.as_of = $as_of group by all order by g.policy_type, above.ou_id, g.objective"""
NOT_APPLICABLE = """
    select policy_type, reason, count(distinct account_id) as accounts, count(distinct objective) as objectives
    from guardrails where as_of = $as_of and verdict = 'not_applicable'
    group by policy_type, reason order by policy_type, accounts desc, reason"""


def pages(night: PublishedNight) -> Iterator[Page]:
    yield Page("guardrails.html", "guardrails.html.j2", "Guardrails", "guardrails", (), _guardrails(night))


def count(night: PublishedNight) -> int:
    return 1


def _guardrails(night: PublishedNight) -> dict[str, Any]:
    rows = night.reader.rows
    accounts, objectives, units, reasons = (
        group(rows(sql), "policy_type") for sql in (GUARDRAILS, OBJECTIVES, GUARDRAIL_OUS, NOT_APPLICABLE)
    )
    guards = [
        {
            "word": word,
            "name": name,
            "control": night.controls.get(control),
            "policy_type": policy_type,
            "objectives": objectives[policy_type],
            "heads": [(_head(row), "objective") for row in objectives[policy_type]],
            "accounts": accounts[policy_type],
            "units": _units(night, units[policy_type]),
            "reasons": reasons[policy_type],
        }
        for word, policy_type, name, control in GUARDS
    ]
    return {"guards": guards}


def _head(objective: Row) -> Markup:
    word, title = objective["objective"].replace("_", " "), objective["title"]
    return Markup('<abbr title="{}">{}</abbr>').format(visible(title), visible(word))


def _units(night: PublishedNight, rows: list[Row]) -> list[Row]:
    """Each OU's counts by objective, in tree order."""
    by_ou = group(rows, "ou_id")
    return [{"ou": ou, "counts": keyed(by_ou[id], "objective")} for id, ou in night.ous.items() if id in by_ou]
