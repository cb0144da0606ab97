"""Guardrails ready to attach: our own SCP for each objective that accounts do not meet, tried on what was used.

A policy is one statement, made from the objective's probes (guardrail_objectives.toml). It is rehearsed at the root, so
that every account tells whether it would break anything there; a node is ready if all accounts below it are.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pipeline import knowledge
from pipeline.policy import Policy, judge_objective, parse
from pipeline.policy.guards import Site
from pipeline.policy.objectives import objective_of
from pipeline.rehearse import edits
from pipeline.rehearse.breaks import Break, Breaks
from pipeline.rehearse.change import Change, NewPolicy, target
from pipeline.rehearse.session import PERMISSIONS, Session, opened
from pipeline.rows import rows
from pipeline.schema import Row
from pipeline.settings import Refused, Settings

State = Literal["met", "ready", "exceptions", "possible", "not_yet", "unknown"]
STATES: Mapping[State, str] = {
    "met": "the objective is met already",
    "ready": "nobody used what it would deny",
    "exceptions": "a few principals used what it would deny: except them, or change them first",
    "possible": "AWS tells only that the service was used, or conditions decide: look at the uses",
    "not_yet": "more principals used what it would deny than can be excepted",
    "unknown": "what principals used was not read",
}
MOST_EXCEPTIONS = 3
ACCOUNTS = """
    select accounts.account_id, accounts.name, accounts.ou_ids, guardrails.verdict::varchar as verdict
    from int_accounts as accounts
    left join guardrails on accounts.account_id = guardrails.account_id and guardrails.objective = $objective
    where accounts.is_expected and accounts.account_id <> $management
    order by accounts.account_id"""
REGIONS = """
    select distinct last_accessed_region as region from stg_service_usage
    where unused_days <= $days and last_accessed_region <> '' order by region"""
ROOT_USES = """
    select accounts.account_id, report.account_id is not null as is_read,
        if(report.unused_days <= $days, report.last_used_at, null) as last_used_at
    from int_accounts as accounts
    left join stg_credential_report as report on accounts.account_id = report.account_id and report.is_root"""
NO_REPORT: Row = {"call": "iam:GetCredentialReport", "error_class": None, "message": "the root user's use was not read"}
MET = ("pass", "exempt")


@dataclass(frozen=True)
class AccountState:
    """One account under the policy of one objective. `breaks`: what principals used; `unread`: the calls that failed;
    `root_used_at`: the last use of the root user, where the policy is about it.
    """

    account_id: str
    name: str
    state: State
    breaks: tuple[Break, ...] = ()
    unread: tuple[Row, ...] = ()
    root_used_at: datetime | None = None


@dataclass(frozen=True)
class Readiness:
    """One objective. `at`: the highest places of the tree where every account has it, or is ready; {key: label}.

    `exceptions`: ARNs that the policy would have to except in the accounts that are ready with exceptions; `loopholes`:
    how an administrator of such an account becomes one of them. `no_policy`: why there is nothing to propose.
    """

    objective: str
    title: str
    statement: Row | None
    accounts: tuple[AccountState, ...] = ()
    at: Mapping[str, str] | None = None
    exceptions: tuple[str, ...] = ()
    loopholes: tuple[str, ...] = ()
    no_policy: str = ""

    def count(self, state: State) -> int:
        return sum(one.state == state for one in self.accounts)


def ready(settings: Settings, days: int = 90, only: Collection[str] = ()) -> list[Readiness]:
    """Every SCP objective, or `only` these, by what the newest published night knows. Raises `Refused`."""
    listed = {
        raw["id"]: raw for raw in knowledge.load("guardrail_objectives").facts["objective"] if raw["kind"] == "scp"
    }
    if unknown := sorted(set(only) - listed.keys()):
        raise Refused(f"--objective {unknown[0]}: not an SCP objective; expected one of {', '.join(listed)}")
    return [of_objective(settings, raw, days) for name, raw in listed.items() if not only or name in only]


def of_objective(settings: Settings, raw: Row, days: int) -> Readiness:
    """One objective, as guardrail_objectives.toml has it."""
    if "no_policy" in raw:
        return Readiness(raw["id"], raw["title"], None, no_policy=raw["no_policy"])
    with opened(settings) as session:
        regions = [row["region"] for row in rows(session.con, REGIONS, days=days)]
        if "{regions}" in json.dumps(raw.get("deny", {})) and not regions:
            return Readiness(raw["id"], raw["title"], None, no_policy="no Region of any use was read")
        statement = proposed(raw, regions)
        (management,) = session.con.execute("select management_account_id from stg_organization").fetchone() or ("",)
        known = rows(session.con, ACCOUNTS, objective=raw["id"], management=management)
        if all(row["verdict"] in MET for row in known):
            states = tuple(AccountState(row["account_id"], row["name"], "met") for row in known)
        else:
            states = tuple(_states(session, raw, statement, known, days))
        excepted = [each for one in states if one.state == "exceptions" for each in one.breaks]
        exceptions = tuple(sorted({each.principal_arn for each in excepted}))
        at = places(states, {row["account_id"]: row["ou_ids"] for row in known}, _labels(session))
        loopholes = tuple(_loopholes(raw, statement, exceptions)) if exceptions else ()
        return Readiness(raw["id"], raw["title"], statement, states, at, exceptions, loopholes)


def proposed(raw: Row, regions: Iterable[str] = (), exceptions: Iterable[str] = ()) -> Row:
    """The statement of our policy for an objective: by default a Deny of its probes' actions on every resource."""
    probes = sorted({probe["action"] for probe in raw["probes"]})
    more = json.loads(json.dumps(raw.get("deny", {})).replace('"{regions}"', json.dumps(list(regions))))
    statement: Row = {"Sid": "".join(map(str.title, raw["id"].split("_"))), "Effect": "Deny"}
    statement |= {"Action": probes} if "NotAction" not in more else {}
    statement |= {"Resource": "*"} | more
    if named := sorted(exceptions):
        statement["Condition"] = statement.get("Condition", {}) | {"ArnNotLike": {"aws:PrincipalArn": named}}
    return statement


def packed(statements: Iterable[Row]) -> list[str]:
    """Policies that hold the statements in order, as few as SCPs of the size that AWS takes allow."""
    quotas = knowledge.load("policy_quotas").facts["quota"]
    (most,) = (one["max_characters"] for one in quotas if one["policy_type"] == edits.TYPES["scp"])
    groups: list[list[Row]] = []
    for statement in statements:
        if not groups or len(document([*groups[-1], statement])) > most:
            groups.append([])
        groups[-1].append(statement)
    return [document(group) for group in groups]


def document(statements: Iterable[Row]) -> str:
    """A policy of these statements, as compact as AWS counts its characters."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def _states(session: Session, raw: Row, statement: Row, known: list[Row], days: int) -> Iterator[AccountState]:
    text = document([statement])
    policy = NewPolicy(Path(f"{raw['id']}.json"), text, parse(text, "scp"))
    change = Change("scp", target(session.con, "scp", "root"), (policy,))
    session.apply(edits.of(session.con, change), PERMISSIONS)
    breaks = Breaks(session, change.target.accounts, days, [text])
    found, unread = defaultdict(list), defaultdict(list)
    for one in breaks.all():
        found[one.account_id].append(one)
    for row in breaks.unread():
        unread[row["account_id"]].append(row)
    is_of_root = any(probe.get("caller") == "root" for probe in raw["probes"])
    roots = {row["account_id"]: row for row in rows(session.con, ROOT_USES, days=days)} if is_of_root else {}
    for row in known:
        account, root = row["account_id"], roots.get(row["account_id"], {"is_read": True, "last_used_at": None})
        lacks = (*unread[account], *(() if root["is_read"] else (NO_REPORT | {"account_id": account},)))
        used = root["last_used_at"]
        state: State = "met" if row["verdict"] in MET else state_of(found[account], lacks, used is not None)
        yield AccountState(account, row["name"], state, tuple(found[account]), lacks, used)


def state_of(breaks: Collection[Break], unread: Collection[Row], root_was_used: bool) -> State:
    certain = {one.principal_arn for one in breaks if one.certainty == "certain"}
    if len(certain) > MOST_EXCEPTIONS or root_was_used:
        return "not_yet"
    if unread:
        return "unknown"
    if len(certain) < len({one.principal_arn for one in breaks}):
        return "possible"
    return "exceptions" if certain else "ready"


# -- where in the tree


LABELS = "select ou_id as key, coalesce(ou_path, '/') as label from organizational_units"


def _labels(session: Session) -> dict[str, str]:
    with session.before():
        return {row["key"]: row["label"] for row in rows(session.con, LABELS)}


def places(
    states: Collection[AccountState], above: Mapping[str, list[str] | None], labels: Mapping[str, str]
) -> dict[str, str]:
    """The highest nodes under which every account has the objective or is ready, and some account has not yet."""
    under: dict[str, list[AccountState]] = defaultdict(list)
    for one in states:
        for node in (*(above[one.account_id] or ()), one.account_id):
            under[node].append(one)
    names = {**{one.account_id: one.name for one in states}, **labels}
    chosen: dict[str, str] = {}
    covered: set[str] = set()
    for one in states:
        for node in (*(above[one.account_id] or ()), one.account_id):
            good = all(each.state in ("met", "ready") for each in under[node])
            if good and any(each.state == "ready" for each in under[node]) and one.account_id not in covered:
                chosen[node] = names.get(node, node)
                covered |= {each.account_id for each in under[node]}
    return chosen


def _loopholes(raw: Row, statement: Row, exceptions: tuple[str, ...]) -> Iterator[str]:
    """How an administrator of an account becomes one of its principals that the policy would except."""
    full = Policy.read("FullAWSAccess", {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "scp")
    for arn in exceptions:
        condition = statement.get("Condition", {}) | {"ArnNotLike": {"aws:PrincipalArn": arn}}
        policy = Policy.read(raw["id"], document([statement | {"Condition": condition}]), "scp")
        fields = arn.split(":")
        result = judge_objective(objective_of(raw), ((full,), (full, policy)), Site(fields[4], fields[1]))
        yield from (str(loophole) for loophole in result.loopholes)
