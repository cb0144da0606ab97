"""A small published database, as the reports read it: the one description of that contract on the report's side.

Seven accounts over five nights: one with a hostile name, one that was never readable, one that an SCP keeps partly
unread, one that joined late, one suspended, one out of scope. Scores are counted from the findings, so they agree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.warehouse import models
from tests.reports.rows import ACCOUNTS, AS_OF, NIGHTS, OUS, Finding, content, many

__all__ = ["ACCOUNTS", "AS_OF", "NIGHTS", "OUS", "TABLES", "many", "write"]

MODELS = models.load().models

_MEASURES = """as_of date, {keys}, "pass" bigint, fail bigint, exempt bigint, not_applicable bigint, "unknown" bigint,
    manual bigint, score double, expected bigint, judged bigint, coverage double, has_enough_data boolean"""
_BEFORE = """, previous_score double, previous_as_of date, week_ago_score double, week_ago_as_of date,
    month_ago_score double, month_ago_as_of date"""

TABLES = {
    "contract": "version integer, as_of date, read_at timestamp",
    "controls": """control_id varchar, number varchar, title varchar, practice bigint, practice_title varchar,
        severity varchar, scope varchar, why varchar, fix varchar, may_break varchar, frameworks json, params json,
        reads varchar[], query varchar""",
    "control_operations": "control_id varchar, operation varchar, scope varchar",
    "accounts": """account_id varchar, name varchar, email varchar, state varchar, ou_id varchar, ou_path varchar,
        owner varchar, environment varchar, tags json, is_management boolean, is_in_scope boolean, read_status varchar,
        read_reason varchar""",
    "organizational_units": """ou_id varchar, parent_id varchar, name varchar, ou_path varchar, depth integer,
        accounts bigint""",
    "findings": """as_of date, control_id varchar, practice bigint, account_id varchar, region varchar,
        resource varchar, verdict varchar, reason varchar, evidence json, first_seen date, last_changed date""",
    "finding_changes": """as_of date, change varchar, control_id varchar, practice bigint, account_id varchar,
        region varchar, resource varchar, previous_verdict varchar, verdict varchar, reason varchar,
        severity varchar""",
    "change_counts": """as_of date, since varchar, since_as_of date, change varchar, severity varchar,
        findings bigint""",
    "finding_history": """control_id varchar, account_id varchar, region varchar, resource varchar,
        verdict varchar, from_as_of date, to_as_of date""",
    "finding_life": """control_id varchar, practice bigint, account_id varchar, region varchar, resource varchar,
        first_failed date, opened date, last_seen date, resolved_on date, times_reopened bigint, state varchar,
        age_days bigint, days_to_resolve bigint""",
    "resolution_times": """as_of date, scope varchar, key varchar, name varchar, open bigint, oldest_open_days bigint,
        reopened bigint, resolved bigint, mean_days_to_resolve double, median_days_to_resolve double,
        within_days bigint""",
    "scores_by_practice": _MEASURES.format(keys="practice bigint, practice_title varchar") + _BEFORE,
    "scores_by_account": _MEASURES.format(keys="account_id varchar") + _BEFORE,
    "scores_by_account_and_practice": _MEASURES.format(keys="account_id varchar, practice bigint"),
    "scores_by_ou": _MEASURES.format(keys="ou_id varchar, ou_path varchar") + _BEFORE,
    "scores_by_ou_and_practice": _MEASURES.format(keys="ou_id varchar, practice bigint"),
    "scores_by_control": _MEASURES.format(keys="control_id varchar, practice bigint") + _BEFORE,
    "scores_by_owner": _MEASURES.format(keys="owner varchar, accounts bigint") + _BEFORE,
    "systems": """as_of date, practice bigint, system varchar, controls varchar[], "pass" bigint, fail bigint,
        exempt bigint, not_applicable bigint, "unknown" bigint, manual bigint""",
    "scores_overall": _MEASURES.replace("{keys}, ", "")
    + _BEFORE
    + ", accounts_expected bigint, accounts_read bigint, account_coverage double",
    "score_moves": """as_of date, place bigint, control_id varchar, practice bigint, severity varchar, fails bigint,
        accounts bigint, owners bigint, lift_points double, score_after double, where_to_begin varchar,
        fails_there bigint""",
    "trend": """as_of date, scope varchar, key varchar, "pass" bigint, fail bigint, score double, coverage double,
        has_enough_data boolean""",
    "nights": "as_of date, published boolean, held_back_reason varchar",
    "coverage": """as_of date, account_id varchar, region varchar, dataset varchar, status varchar, "rows" bigint,
        operation varchar, error_class varchar, error_code varchar, message varchar, controls varchar[]""",
    "ledger": """as_of date, account_id varchar, region varchar, operation varchar, status varchar, error_class varchar,
        error_code varchar, message varchar, calls bigint, attempts bigint, "rows" bigint, seconds double,
        data_time timestamp""",
    "quality_results": """as_of date, dataset varchar, check_name varchar, expectation varchar, severity varchar,
        passed boolean, unexpected_count bigint, sample varchar, message varchar""",
    "knowledge": "name varchar, title varchar, read_on date, age_days bigint, is_old boolean, off_list varchar",
    "knowledge_gaps": "kind varchar, name varchar, times bigint, accounts varchar[], sample json",
    "exceptions": """entry varchar, kind varchar, control_id varchar, account_id varchar, resource varchar,
        owner varchar, reason varchar, ticket varchar, evidence_url varchar, use_case varchar, expires_on date,
        is_live boolean, state varchar, covers bigint, service_principal varchar""",
    "least_privilege": """place bigint, account_id varchar, arn varchar, principal_type varchar, name varchar,
        data_status varchar, data_reason varchar, read_on date, granted_services bigint, used_services bigint,
        unused_services bigint, services_in_use varchar[], services_not_used varchar[], used_percent double,
        granted_actions bigint, used_actions bigint, unused_actions bigint, last_used_on date, is_admin varchar,
        sensitive_actions bigint, escalation_paths bigint, weight double, has_proposal boolean, used_days bigint""",
    "policy_proposals": """place bigint, account_id varchar, arn varchar, principal_type varchar, name varchar,
        source varchar, generated_on date, policies varchar[], size_characters bigint, removed_services varchar[],
        removed_actions varchar[], replaces json, problems varchar[], notes varchar[]""",
    "principals": """account_id varchar, principal_type varchar, arn varchar, name varchar, path varchar,
        created_at timestamp, last_used_at timestamp, owner varchar, permissions_boundary_arn varchar,
        is_service_linked boolean, is_identity_center boolean, has_console boolean, has_mfa boolean,
        active_access_keys bigint""",
    "principal_reach": """account_id varchar, principal_type varchar, principal_arn varchar, is_admin varchar,
        steps bigint, possible_steps bigint, via json""",
    "principal_escalations": "account_id varchar, principal_arn varchar, path_id varchar, title varchar",
    "credentials": """account_id varchar, user_name varchar, user_arn varchar, is_root boolean, kind varchar,
        credential varchar, is_active boolean, created_at timestamp, age_days bigint, last_used_at timestamp,
        unused_days bigint, last_used_service varchar, last_used_region varchar, expires_at timestamp, owner varchar""",
    "guardrails": """as_of date, account_id varchar, policy_type varchar, objective varchar, title varchar,
        verdict varchar, reason varchar""",
    "key_triage": """account_id varchar, user_name varchar, credential varchar, age_days bigint, unused_days bigint,
        last_used_service varchar, owner varchar, advice varchar, advice_reason varchar,
        user_arn varchar, is_admin varchar, steps_to_admin bigint, power varchar, place bigint""",
}


def write(
    path: Path, nights: Sequence[date] = NIGHTS, accounts: Sequence[tuple[Any, ...]] = ACCOUNTS, clean: bool = False
) -> Path:
    """Write the database of the last of `nights`. With `clean`, every account could be read and every check passed."""
    rows = {table: list(found) for table, found in content(nights, accounts, clean).items()}
    with duckdb.connect(str(path)) as con:
        for table, columns in TABLES.items():
            con.execute(f"create table {table} ({columns})")
            _insert(con, table, rows.get(table, []))
        for statement in _derived(nights):
            con.execute(statement)
    return path


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[Finding]) -> None:
    if rows:
        names = ", ".join(f'"{name}"' for name in rows[0])
        con.register("new_rows", pa.Table.from_pylist(rows))
        con.execute(f"insert into {table} ({names}) select {names} from new_rows")
        con.unregister("new_rows")


_COUNTS = """
    count(*) filter (verdict = 'pass') as "pass", count(*) filter (verdict = 'fail') as fail,
    count(*) filter (verdict = 'exempt') as exempt, count(*) filter (verdict = 'not_applicable') as not_applicable,
    count(*) filter (verdict = 'unknown') as "unknown", count(*) filter (verdict = 'manual') as manual,
    100.0 * count(*) filter (verdict = 'pass') / nullif(count(*) filter (verdict in ('pass', 'fail')), 0) as score,
    count(distinct (control_id, account_id)) as expected,
    count(distinct (control_id, account_id)) filter (verdict <> 'unknown') as judged,
    100.0 * judged / expected as coverage, coverage >= 95 as has_enough_data"""


def _derived(nights: Sequence[date]) -> Iterator[str]:
    """Scores, trend, history and changes, counted from the findings of every night."""
    as_of = f"date '{nights[-1]}'"
    yield """create temp table f as select f.*, a.ou_id, coalesce(a.owner, '') as owner, o.ou_path,
        p.ou_id as above, p.ou_path as above_path, c.severity, c.practice_title
        from findings f join accounts a using (account_id)
        join organizational_units o on a.ou_id = o.ou_id join controls c using (control_id)
        join organizational_units p on o.ou_path = p.ou_path or starts_with(o.ou_path, rtrim(p.ou_path, '/') || '/')"""
    own = "(select * from f where above = ou_id)"
    yield "create temp table owners as select owner, count(distinct account_id) as owned from f group by owner"
    for table, keys, source in (
        ("scores_by_practice", "practice, practice_title", own),
        ("scores_by_account", "account_id", own),
        ("scores_by_control", "control_id, practice", own),
        ("scores_by_ou", "above, above_path", "f"),
        ("scores_by_owner", "owner, owned", f"{own} join owners using (owner)"),
    ):
        yield f"create temp table s as select as_of, {keys}, {_COUNTS} from {source} group by as_of, {keys}"
        first = keys.split(", ")[0]
        yield f"""insert into {table} select s.*, p.score, p.as_of, null, null, null, null from s
            left join s p on p.{first} = s.{first} and p.as_of = s.as_of - 1 where s.as_of = {as_of}"""
        scope = table.removeprefix("scores_by_")
        yield f"""insert into trend
            select as_of, '{scope}', {first}::varchar, "pass", fail, score, coverage, has_enough_data from s"""
        yield "drop table s"
    yield f"""insert into scores_by_account_and_practice select as_of, account_id, practice, {_COUNTS} from {own}
        where as_of = {as_of} group by all"""
    yield f"""insert into scores_by_ou_and_practice select as_of, above, practice, {_COUNTS} from f
        where as_of = {as_of} group by all"""
    yield f"create temp table s as select as_of, {_COUNTS} from {own} group by as_of"
    yield f"""insert into scores_overall
        select s.*, p.score, p.as_of, null, null, null, null, n.expected, n.read, 100.0 * n.read / n.expected
        from s left join s p on p.as_of = s.as_of - 1, (
            select count(*) filter (is_in_scope and state = 'ACTIVE') as expected,
                count(*) filter (read_status in ('read', 'partly read')) as read from accounts) n
        where s.as_of = {as_of}"""
    yield """insert into trend select as_of, 'overall', '', "pass", fail, score, coverage, has_enough_data from s"""
    yield f"""insert into finding_changes select t.as_of, case when t.verdict = 'fail' then 'new fail' else 'fixed' end,
        t.control_id, t.practice, t.account_id, t.region, t.resource, p.verdict, t.verdict, t.reason, c.severity
        from findings t join controls c using (control_id) left join findings p on p.as_of = t.as_of - 1
        and p.control_id = t.control_id and p.account_id = t.account_id and p.resource = t.resource
        where t.as_of = {as_of} and exists (select 1 from findings where as_of < {as_of})
        and t.verdict in ('pass', 'fail') and t.verdict is distinct from p.verdict
        and (t.verdict = 'fail' or p.verdict = 'fail')"""
    yield """insert into change_counts select as_of, 'the night before', as_of - 1, change, severity, count(*)
        from finding_changes group by all"""
    yield """insert into finding_history
        with changes as (
            select *, verdict is distinct from lag(verdict) over resources as is_new from findings
            window resources as (partition by control_id, account_id, region, resource order by as_of)
        ),
        spans as (select *, sum(is_new::int) over (partition by control_id, account_id, region, resource
            order by as_of) as span from changes)
        select control_id, account_id, region, resource, verdict, min(as_of), max(as_of) from spans
        group by control_id, account_id, region, resource, verdict, span"""
    yield from _lives(as_of)
    yield f"delete from findings where as_of < {as_of}"


def _lives(as_of: str) -> Iterator[str]:
    """Finding life, resolution times and moves by the product's own queries, over what they read in a warehouse."""
    yield f"set variable as_of = {as_of}"
    yield "set variable within_days = 30"
    yield "create temp view history_spans as from finding_history"
    yield "create temp view history_measures as from trend"
    yield "create temp view control_catalog as from controls"
    yield """create temp view int_accounts as select account_id, any_value(owner) as owner, list(o.ou_id) as ou_ids
        from accounts a join organizational_units o
        on a.ou_path = o.ou_path or starts_with(a.ou_path, rtrim(o.ou_path, '/') || '/') group by account_id"""
    yield """create temp view control_account_counts as
        select control_id, account_id, coalesce(any_value(owner), '') as owner,
        count(*) filter (verdict = 'fail') as fail from findings join accounts using (account_id)
        where as_of = getvariable('as_of') group by control_id, account_id"""
    yield "create temp view measures as select 'overall' as scope, * from scores_overall"
    for name in ("finding_life", "resolution_times", "score_moves"):
        yield f"insert into {name} by name {MODELS[name].sql}"
    for view in (
        "history_spans",
        "history_measures",
        "control_catalog",
        "int_accounts",
        "control_account_counts",
        "measures",
    ):
        yield f"drop view {view}"
