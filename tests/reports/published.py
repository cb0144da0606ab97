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

from pipeline.warehouse import contracts, history, models
from pipeline.warehouse.store import variables
from tests.reports.rows import ACCOUNTS, AS_OF, NIGHTS, OUS, Finding, content, many

__all__ = ["ACCOUNTS", "AS_OF", "NIGHTS", "OUS", "TABLES", "many", "write"]

MODELS = models.load().models

_MEASURES = """as_of date, {keys}, critical bigint, high bigint, accounts_with_critical bigint,
    accounts_with_critical_or_high bigint, accounts_without_critical bigint, controls_met double, met bigint,
    not_met bigint, accounts_met bigint, accounts_not_met bigint, accounts bigint, "pass" bigint, fail bigint,
    exempt bigint, not_applicable bigint, "unknown" bigint, manual bigint, pass_rate double, expected bigint,
    judged bigint, coverage double, has_enough_data boolean"""
_EARLIER = ", ".join(
    f"{since}_as_of date, {before}critical_change bigint, {before}high_change bigint, {before}met_change double"
    for since, before in (("previous", ""), ("week_ago", "week_ago_"), ("month_ago", "month_ago_"))
)
_BEFORE = f", {_EARLIER}"

TABLES = {
    "contract": "version integer, as_of date, read_at timestamp",
    "controls": """control_id varchar, number varchar, title varchar, practice bigint, practice_title varchar,
        severity varchar, scope varchar, fixed_by varchar, why varchar, fix varchar, may_break varchar, frameworks json,
        params json, reads varchar[], query varchar""",
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
        age_days bigint, days_to_resolve bigint, is_older boolean""",
    "resolution_times": """as_of date, scope varchar, key varchar, name varchar, open bigint, oldest_open_days bigint,
        reopened bigint, resolved bigint, mean_days_to_resolve double, median_days_to_resolve double,
        median_days_with_open bigint, older bigint, within_days bigint""",
    "scores_by_practice": _MEASURES.format(keys="practice bigint, practice_title varchar") + _BEFORE,
    "scores_by_account": _MEASURES.format(keys="account_id varchar") + _BEFORE,
    "scores_by_account_and_practice": _MEASURES.format(keys="account_id varchar, practice bigint"),
    "scores_by_ou": _MEASURES.format(keys="ou_id varchar, ou_path varchar") + _BEFORE,
    "scores_by_ou_and_practice": _MEASURES.format(keys="ou_id varchar, practice bigint"),
    "scores_by_control": _MEASURES.format(keys="control_id varchar, practice bigint") + _BEFORE,
    "scores_by_owner": _MEASURES.format(keys="owner varchar") + _BEFORE,
    "systems": """as_of date, practice bigint, system varchar, controls varchar[], "pass" bigint, fail bigint,
        exempt bigint, not_applicable bigint, "unknown" bigint, manual bigint""",
    "scores_overall": _MEASURES.replace("{keys}, ", "")
    + _BEFORE
    + ", accounts_expected bigint, accounts_read bigint, account_coverage double",
    "finding_repairs": """as_of date, control_id varchar, account_id varchar, region varchar, resource varchar,
        repair varchar""",
    "repairs": """as_of date, place bigint, repair varchar, kind varchar, made_by varchar, target varchar, name varchar,
        account_id varchar, severity varchar, findings bigint, critical bigint, high bigint, controls varchar[],
        accounts bigint, owners bigint, brought_to_met bigint, place_in_account bigint""",
    "trend": """as_of date, scope varchar, key varchar, "pass" bigint, fail bigint, pass_rate double, coverage double,
        critical bigint, high bigint, accounts_with_critical bigint, controls_met double, accounts_met bigint,
        accounts bigint, has_enough_data boolean""",
    "nights": "as_of date, published boolean, held_back_reason varchar",
    "coverage": """as_of date, account_id varchar, region varchar, dataset varchar, status varchar, "rows" bigint,
        operation varchar, error_class varchar, error_code varchar, message varchar, controls varchar[],
        accepted_by varchar""",
    "ledger": """as_of date, account_id varchar, region varchar, operation varchar, status varchar, error_class varchar,
        error_code varchar, message varchar, calls bigint, attempts bigint, "rows" bigint, seconds double,
        data_time timestamp""",
    "quality_results": """as_of date, dataset varchar, check_name varchar, expectation varchar, severity varchar,
        passed boolean, unexpected_count bigint, sample varchar, message varchar, accepted_by varchar""",
    "knowledge": "name varchar, title varchar, read_on date, age_days bigint, is_old boolean, off_list varchar",
    "knowledge_gaps": "kind varchar, name varchar, times bigint, accounts varchar[], sample json",
    "exceptions": """entry varchar, kind varchar, control_id varchar, account_id varchar, resource varchar,
        owner varchar, reason varchar, ticket varchar, evidence_url varchar, use_case varchar, expires_on date,
        is_live boolean, state varchar, covers bigint, service_principal varchar, dataset varchar,
        check_name varchar""",
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
    "role_trusts": """account_id varchar, role_arn varchar, statement bigint, sid varchar, principal_kind varchar,
        principal varchar, relation varchar, lets_in varchar, outside_accounts varchar[], condition_keys varchar[],
        pins_external_id boolean, pins_mfa boolean, pins_subject boolean, malformed_reason varchar""",
    "principal_reach": """account_id varchar, principal_type varchar, principal_arn varchar, is_admin varchar,
        steps bigint, possible_steps bigint, via json""",
    "principal_escalations": """account_id varchar, principal_arn varchar, path_id varchar, title varchar,
        verdict varchar""",
    "credentials": """account_id varchar, user_name varchar, user_arn varchar, is_root boolean, kind varchar,
        credential varchar, is_active boolean, created_at timestamp, age_days bigint, last_used_at timestamp,
        unused_days bigint, last_used_service varchar, last_used_region varchar, expires_at timestamp, owner varchar""",
    "guardrails": """as_of date, account_id varchar, policy_type varchar, objective varchar, title varchar,
        verdict varchar, reason varchar""",
    "key_triage": """account_id varchar, user_name varchar, credential varchar, age_days bigint, unused_days bigint,
        last_used_service varchar, owner varchar, advice varchar, advice_reason varchar,
        user_arn varchar, is_admin varchar, steps_to_admin bigint, power varchar, place bigint""",
}

_SEVERITY, _VERDICT = (f"enum{contracts.ORDERED[name]}" for name in ("as_severity", "as_verdict"))
for _name in (
    "controls",
    "findings",
    "finding_changes",
    "change_counts",
    "finding_history",
    "guardrails",
    "repairs",
):
    TABLES[_name] = TABLES[_name].replace("severity varchar", f"severity {_SEVERITY}")
    TABLES[_name] = TABLES[_name].replace("verdict varchar", f"verdict {_VERDICT}")


def write(
    path: Path, nights: Sequence[date] = NIGHTS, accounts: Sequence[tuple[Any, ...]] = ACCOUNTS, clean: bool = False
) -> Path:
    """Write the database of the last of `nights`. With `clean`, every account could be read and every check passed."""
    rows = {table: list(found) for table, found in content(nights, accounts, clean).items()}
    with duckdb.connect(str(path)) as con:
        for table, columns in TABLES.items():
            con.execute(f"create table {table} ({columns})")
            _insert(con, table, rows.get(table, []))
        _derived(con, nights)
    return path


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[Finding]) -> None:
    if rows:
        names = ", ".join(f'"{name}"' for name in rows[0])
        con.register("new_rows", pa.Table.from_pylist(rows))
        con.execute(f"insert into {table} ({names}) select {names} from new_rows")
        con.unregister("new_rows")


SCORES = [name for name in TABLES if name.startswith("scores_")]
COUNTED = ("control_account_counts", "account_counts", "measured_scopes", "measures")
COMPARED = ("measure_changes", "measures_with_history", "repaired_findings")


def _derived(con: duckdb.DuckDBPyConnection, nights: Sequence[date]) -> None:
    """Measures, trend, history and changes, by the product's own queries over the findings of every night."""
    history.prepare(con)
    contracts.define_macros(con)
    given = {"min_coverage_to_score": 95, "within_days": 30, "shared_by": 5}
    con.execute("create view control_catalog as from controls")
    con.execute("create table stg_permission_sets (permission_set_arn varchar, name varchar)")
    con.execute(INT_ACCOUNTS)
    for night in nights:
        con.execute(f"create or replace table judgements as from findings where as_of = date '{night}'")
        with variables(con, given | {"as_of": night}):
            for name in COUNTED:
                con.execute(f"create or replace table {name} as {MODELS[name].sql}")
        history.record_measures(con, night)
        history.record_nights(con, night)
    for statement in _history(f"date '{nights[-1]}'"):
        con.execute(statement)
    con.execute("create or replace table history_spans as from finding_history")
    with variables(con, given | {"as_of": nights[-1]}):
        for name in COMPARED:
            con.execute(f"create table {name} as {MODELS[name].sql}")
        for name in (*SCORES, "trend", "finding_life", "resolution_times", "finding_repairs", "repairs"):
            con.execute(f"insert into {name} by name {MODELS[name].sql}")
    for name in (*COMPARED, *COUNTED, "stg_permission_sets", "judgements", *history.RECORDERS):
        con.execute(f"drop table {name}")
    con.execute("drop view int_accounts; drop view control_catalog")


INT_ACCOUNTS = """
    create view int_accounts as select a.account_id, any_value(a.owner) as owner, any_value(a.state) as state,
        'arn:aws:organizations::111111111111:account/o-x/' || a.account_id as arn, list(o.ou_id) as ou_ids,
        any_value(a.read_status not in ('not active', 'out of scope')) as is_expected
    from accounts a join organizational_units o
        on a.ou_path = o.ou_path or starts_with(a.ou_path, rtrim(o.ou_path, '/') || '/') group by a.account_id"""


def _history(as_of: str) -> Iterator[str]:
    """Changes and spans of the findings; then only those of the last night remain."""
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
    yield f"delete from findings where as_of < {as_of}"
