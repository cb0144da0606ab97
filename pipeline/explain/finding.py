"""Explains one finding from the published database: what decided it, the calls behind it, what would change it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from pipeline import state
from pipeline.explain.citations import CitedStatement, citations
from pipeline.explain.policies import bearing
from pipeline.explain.replay import Finding
from pipeline.explain.whatif import Turn, turns_of
from pipeline.rows import rows
from pipeline.schema import Row
from pipeline.settings import Refused
from pipeline.warehouse.store import Connection, published

MOST_CANDIDATES = 12


@dataclass(frozen=True)
class Call:
    """A ledger entry for an operation that the verdict depends on; Regions with the same outcome are combined."""

    operation: str
    account_id: str
    regions: tuple[str, ...]
    status: str
    read_at: datetime | None
    error_class: str | None
    error_code: str | None
    message: str | None


@dataclass(frozen=True)
class Explanation:
    """The explanation of one finding. `facts` are the scalar values of the evidence; `turns` were tried on the control;
    `notes` say what cannot be tried.
    """

    as_of: date
    control_id: str
    number: str
    title: str
    practice: int
    practice_title: str
    severity: str
    account_id: str
    account_name: str | None
    ou_path: str | None
    region: str
    resource: str
    verdict: str
    reason: str
    first_seen: date
    last_changed: date
    statements: tuple[CitedStatement, ...]
    facts: Mapping[str, Any]
    turns: tuple[Turn, ...]
    notes: tuple[str, ...]
    calls: tuple[Call, ...]
    why: str
    fix: str
    may_break: str | None
    params: Mapping[str, Any]
    frameworks: Mapping[str, str]
    sql: str


def explain(
    database: Path, control: str, resource: str, account_id: str | None = None, region: str | None = None
) -> Explanation:
    """Explain a finding. Raises `Refused` if nothing is published, or if the control or resource does not exist or is
    ambiguous.
    """
    state.check(database.parent)
    try:
        with published(database, "main,staging,intermediate") as con:
            head = find_control(con, control)
            row = find_finding(con, head["control_id"], resource, account_id, region)
            finding = Finding(head["control_id"], row["account_id"], row["region"], row["resource"])
            policies = bearing(con, finding.account_id, finding.resource)
            calls = tuple(calls_of(con, finding))
            account = rows(con, "select name, ou_path from accounts where account_id = $id", id=finding.account_id)
    except duckdb.Error as error:
        raise Refused(f"{database}: {error}") from error
    evidence, params = json.loads(row["evidence"] or "{}"), json.loads(head["params"] or "{}")
    turns, notes = turns_of(database, finding, row["verdict"], evidence, params, policies, head["fix"])
    return Explanation(
        statements=tuple(citations(evidence, policies)),
        facts=plain(evidence),
        turns=tuple(turns),
        notes=tuple(notes),
        calls=calls,
        params=params,
        frameworks=json.loads(head["frameworks"] or "{}"),
        sql=head["query"],
        account_name=account[0]["name"] if account else None,
        ou_path=account[0]["ou_path"] if account else None,
        **{name: head[name] for name in OF_CONTROL},
        **{name: row[name] for name in OF_FINDING},
    )


OF_CONTROL = ("control_id", "number", "title", "practice", "practice_title", "severity", "why", "fix", "may_break")
OF_FINDING = ["as_of", "account_id", "region", "resource", "verdict", "reason", "first_seen", "last_changed"]


# -- which finding


def find_control(con: Connection, name: str) -> Row:
    """The control with this id or number. Raises `Refused`, suggesting a similar one."""
    controls = rows(con, "from controls order by number")
    chosen = [control for control in controls if name.lower() in (control["control_id"], control["number"].lower())]
    if chosen:
        return chosen[0]
    near = difflib.get_close_matches(
        name, [text for control in controls for text in (control["control_id"], control["number"])], 1
    )
    hint = f"did you mean {near[0]!r}?" if near else "`rolecall controls` lists them"
    raise Refused(f"no control {name!r} was judged on the published night; {hint}")


def find_finding(
    con: Connection, control_id: str, resource: str, account_id: str | None = None, region: str | None = None
) -> Row:
    """The control's finding on a resource, given by ARN, id, account id or a unique part."""
    findings = rows(
        con,
        """
        from findings
        where
            control_id = $control_id
            and account_id = coalesce($account_id, account_id)
            and region = coalesce($region, region)
        order by account_id, resource, region""",
        control_id=control_id,
        account_id=account_id,
        region=region,
    )
    within = f" in account {account_id}" if account_id else ""
    text = resource.lower()
    fits = next(
        filter(
            None,
            (
                [finding for finding in findings if finding["resource"] == resource],
                [finding for finding in findings if finding["resource"].lower().endswith((f"/{text}", f":{text}"))],
                [finding for finding in findings if finding["account_id"] == resource],
                [finding for finding in findings if text in finding["resource"].lower()],
            ),
        ),
        [],
    )
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise Refused(f"{resource!r} fits {len(fits)} findings of {control_id}{within}: {listed(fits)}")
    names = {finding["resource"].rpartition("/")[2]: finding for finding in findings} | {
        finding["resource"]: finding for finding in findings
    }
    near = [names[name] for name in difflib.get_close_matches(resource, names, 3)]
    hint = f"; near it: {', '.join(dict.fromkeys(finding['resource'] for finding in near))}" if near else ""
    raise Refused(f"{control_id} has no finding on {resource!r}{within}, of {len(findings)}{hint}")


def listed(fits: Sequence[Row]) -> str:
    """The candidates, and the option that distinguishes them."""
    resources = list(dict.fromkeys(finding["resource"] for finding in fits))
    if len(resources) > 1:
        more = f" and {len(resources) - MOST_CANDIDATES} more" if len(resources) > MOST_CANDIDATES else ""
        return f"{', '.join(resources[:MOST_CANDIDATES])}{more}; name one of them"
    if len({finding["account_id"] for finding in fits}) > 1:
        return f"in accounts {', '.join(dict.fromkeys(finding['account_id'] for finding in fits))}; choose by --account"
    return f"in Regions {', '.join(finding['region'] for finding in fits)}; choose by --region"


# -- what it was read from


def plain(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the evidence that are scalars or lists of scalars."""
    return {name: value for name, value in evidence.items() if is_plain(value)}


def is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and not any(isinstance(item, dict | list) for item in value)
    return not (value is None or isinstance(value, dict) or (isinstance(value, str) and value[:1] in ("{", "[")))


def calls_of(con: Connection, finding: Finding) -> Iterator[Call]:
    """The ledger rows that the control depends on, the account's own and the organization's; failures first."""
    calls = rows(
        con,
        """
        with operations as (
            select distinct operation, scope = 'organization' as is_once
            from control_operations where control_id = $control_id
            union all
            select 'sts:AssumeRole', false
        )
        select
            operation, account_id, list(region order by region) as regions, status, max(data_time) as read_at,
            error_class, error_code, any_value(message) as message
        from ledger inner join operations using (operation)
        where
            (is_once or account_id = $account_id)
            and (region = $region or region = 'global' or $region = 'global')
        group by operation, account_id, status, error_class, error_code
        having status <> 'ok' or operation <> 'sts:AssumeRole'
        order by status = 'ok', operation, account_id""",
        control_id=finding.control_id,
        account_id=finding.account_id,
        region=finding.region,
    )
    yield from (Call(**call | {"regions": tuple(call["regions"])}) for call in calls)
