"""Everything the pages show, read from the published database: one query for each kind of page, never one a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipeline.settings import Settings

Row = dict[str, Any]
Grouped = dict[Any, list[Row]]

FINDINGS_PER_CONTROL = 25
FINDINGS_PER_ACCOUNT = 100
CHANGES_PER_ACCOUNT = 40
CHANGES_PER_KIND = 250
CREDENTIALS_PER_ACCOUNT = 40
NIGHTS_SHOWN = 90
ENOUGH = float(Settings.model_fields["enough_data"].default)
"""Coverage under which a score of an earlier night is not drawn, where `trend` does not say so itself."""

_RANK = "case verdict when 'fail' then 0 when 'unknown' then 1 when 'exempt' then 2 else 3 end"
_SEVERITY = "case severity when 'critical' then 0 when 'high' then 1 when 'medium' then 2 else 3 end"
_OPEN = "verdict in ('fail', 'unknown', 'exempt', 'manual')"


def _findings(partition: str, order: str, columns: str) -> str:
    """The findings that call for somebody, the gravest first, so many of each partition."""
    return f"""
        select {columns}, f.control_id, f.account_id, f.region, f.resource, f.verdict, f.reason, f.first_seen,
            life.age_days, life.times_reopened
        from findings f join controls c using (control_id) left join accounts a using (account_id)
            left join finding_life life using (control_id, account_id, region, resource)
        where f.as_of = $as_of and {_OPEN}
        qualify row_number() over (partition by {partition} order by {order}) <= $few
        order by {partition}, {order}"""


BY_CONTROL = _findings(
    "f.control_id",
    f"{_RANK}, a.name, f.account_id, f.region nulls first, f.resource, f.reason",
    "a.name as account_name, f.evidence::varchar as evidence",
)
BY_ACCOUNT = _findings(
    "f.account_id",
    f"{_RANK}, {_SEVERITY}, c.number, f.region nulls first, f.resource, f.reason",
    "c.number, c.title, c.severity, c.practice",
)
FAILS = """
    select {key} as key, severity, count(*) as fails
    from findings f join controls c using (control_id)
    where f.as_of = $as_of and verdict = 'fail' group by all order by all"""
CHANGES = f"""
    select ch.*, a.name as account_name, c.number, c.title
    from finding_changes ch join controls c using (control_id) left join accounts a using (account_id)
    where ch.as_of = $as_of
    qualify row_number() over (partition by {{partition}} order by {_SEVERITY.replace("severity", "ch.severity")},
        c.number, a.name, ch.account_id, ch.region nulls first, ch.resource, ch.change) <= $few
    order by {{partition}}, {_SEVERITY.replace("severity", "ch.severity")},
        c.number, a.name, ch.account_id, ch.region nulls first, ch.resource, ch.change"""
OPEN_FAILS = """
    with spans as (
        select h.from_as_of, coalesce(h.to_as_of, $as_of) as to_as_of, c.severity, count(*) as fails
        from finding_history h join controls c using (control_id) where h.verdict = 'fail' group by all
    )
    select n.as_of, s.severity, sum(s.fails)::bigint as fails
    from nights n join spans s on n.as_of between s.from_as_of and s.to_as_of
    where n.published and n.as_of <= $as_of group by all order by all"""
UNREAD = """
    with failed as (
        select *, coalesce(controls, []) as resting from coverage where as_of = $as_of and status = 'failed'
    ),
    unknown as (
        select account_id, control_id, min(from_as_of) as since from finding_history
        where verdict = 'unknown' and from_as_of <= $as_of and coalesce(to_as_of, $as_of) >= $as_of group by all
    ),
    -- The night since which most of the controls that rest on a call are unknown.
    since as (
        select account_id, operation, error_class, since
        from (select distinct account_id, operation, error_class, unnest(resting) as control_id from failed)
            join unknown using (account_id, control_id)
        group by account_id, operation, error_class, since
        qualify row_number() over (partition by account_id, operation, error_class order by count(*) desc, since) = 1
    )
    select f.account_id, a.name as account_name, f.operation, f.error_class,
        list(distinct f.error_code order by f.error_code) filter (where f.error_code is not null) as error_codes,
        min(f.message) as message, list(distinct f.region order by f.region) as regions,
        list(distinct f.dataset order by f.dataset) as datasets, coalesce(min(s.since), $as_of) as since,
        list_sort(list_distinct(flatten(list(f.resting)))) as controls
    from failed f left join accounts a using (account_id) left join since s on s.account_id = f.account_id
        and s.operation is not distinct from f.operation and s.error_class is not distinct from f.error_class
    group by f.account_id, a.name, f.operation, f.error_class
    order by len(datasets) desc, a.name, f.account_id, f.operation, f.error_class"""
OPERATIONS = """
    select operation, count(distinct account_id) as accounts, sum(calls)::bigint as calls,
        sum(attempts)::bigint as attempts, sum("rows")::bigint as "rows", sum(seconds) as seconds,
        count(*) filter (where status = 'failed') as failed, min(data_time) as oldest, max(data_time) as newest
    from ledger where as_of = $as_of group by operation order by operation"""
LEDGER = """
    select account_id, region, operation, status, error_class, error_code, message, calls, attempts, "rows", seconds,
        data_time from ledger where as_of = $as_of order by account_id, region, operation"""
PEOPLE = """
    select account_id, count(*) filter (where principal_type = 'user') as users,
        count(*) filter (where principal_type = 'role') as roles,
        count(*) filter (where principal_type = 'user' and has_console) as console_users,
        count(*) filter (where principal_type = 'user' and has_console and has_mfa) as console_users_with_mfa
    from principals group by account_id order by account_id"""
CREDENTIALS = """
    select *, row_number() over (partition by account_id
        order by is_root desc, is_active desc, age_days desc nulls last, user_name, kind, credential) as place,
        count(*) over (partition by account_id) as total from credentials
    qualify place <= $few order by account_id, place"""
CREDENTIAL_COUNTS = """
    select account_id, kind, count(*) as total, count(*) filter (where is_active) as active,
        max(age_days) filter (where is_active) as oldest_days from credentials group by all order by all"""
KEYS = """
    select * from key_triage qualify row_number() over (partition by account_id
        order by age_days desc nulls last, user_name, credential) <= $few
    order by account_id, age_days desc nulls last, user_name, credential"""
PROPOSALS = """
    select l.*, p.source, p.generated_on, p.policies, p.size_characters, p.removed_services, p.removed_actions,
        p.replaces::varchar as replaces, p.problems, p.notes, a.name as account_name
    from policy_proposals p join least_privilege l using (account_id, arn) left join accounts a using (account_id)
    order by l.place"""
PRIVILEGES = """
    select account_id, count(*) filter (where data_status = 'known') as known,
        count(*) filter (where data_status = 'too_new') as too_new,
        count(*) filter (where data_status = 'unknown') as unknown,
        count(*) filter (where data_status = 'not_applicable') as not_applicable,
        count(*) filter (where data_status = 'known' and used_services = 0) as unused,
        count(*) filter (where has_proposal) as proposals, min(place) filter (where has_proposal) as worst
    from least_privilege group by rollup (account_id) order by account_id nulls first"""
QUALITY = """
    select dataset, check_name, expectation, severity, passed, unexpected_count, sample::varchar as sample, message
    from quality_results where as_of = $as_of
    order by passed, severity, dataset, check_name, expectation"""


@dataclass
class Night:
    """One published night, as the pages need it. Keys: account ids, OU ids, control ids, practice numbers."""

    as_of: date
    accounts: dict[str, Row]
    ous: dict[str, Row]
    controls: dict[str, Row]
    overall: Row | None
    by_practice: dict[int, Row]
    by_account: dict[str, Row]
    by_ou: dict[str, Row]
    by_control: dict[str, Row]
    by_account_and_practice: Grouped
    by_ou_and_practice: Grouped
    trend: dict[tuple[str, str], list[Row]]
    nights: list[Row]
    open_fails: list[Row]
    fails_by_practice: dict[int, dict[str, int]]
    fails_by_account: dict[str, dict[str, int]]
    systems: Grouped
    resolution: dict[str, dict[str, Row]]
    findings_by_control: Grouped
    findings_by_account: Grouped
    change_counts: dict[str, int]
    changes: Grouped
    changes_by_account: Grouped
    unread: list[Row]
    operations: list[Row]
    ledger: Grouped
    people: dict[str, Row]
    credentials: Grouped
    credential_counts: Grouped
    keys: Grouped
    proposals: list[Row]
    privileges: dict[str | None, Row]
    quality: list[Row]
    exceptions: list[Row]
    unread_by_account: Grouped = field(init=False)

    def __post_init__(self) -> None:
        self.unread_by_account = group(self.unread, "account_id")


@dataclass(frozen=True)
class Reader:
    """A read-only connection and the night that is asked for."""

    con: duckdb.DuckDBPyConnection
    as_of: date

    def rows(self, sql: str, few: int | None = None) -> list[Row]:
        params: Row = {k: v for k, v in (("as_of", self.as_of), ("few", few)) if f"${k}" in sql}
        found = self.con.execute(sql, params)
        names = [d[0] for d in found.description or []]
        return [dict(zip(names, values, strict=True)) for values in found.fetchall()]

    def tonight(self, table: str) -> list[Row]:
        return self.rows(f"select * from {table} where as_of = $as_of order by all")


def group(rows: Iterable[Row], key: str) -> Grouped:
    found: Grouped = defaultdict(list)
    for row in rows:
        found[row[key]].append(row)
    return found


def keyed(rows: Iterable[Row], key: str) -> dict[Any, Row]:
    return {row[key]: row for row in rows}


def _severities(rows: list[Row]) -> dict[Any, dict[str, int]]:
    found: dict[Any, dict[str, int]] = defaultdict(dict)
    for row in rows:
        found[row["key"]][row["severity"]] = row["fails"]
    return found


def _trend(reader: Reader) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    sql = "select * from trend where as_of <= $as_of qualify dense_rank() over (order by as_of desc) <= $few"
    for row in reader.rows(f"{sql} order by scope, key, as_of", NIGHTS_SHOWN):
        row.setdefault("has_enough_data", (row["coverage"] or 0) >= ENOUGH)
        found[row["scope"], str(row["key"])].append(row)
    return found


def load(database: Path) -> Night:
    """Read the newest night of a published database. Opens it read-only and closes it again."""
    with duckdb.connect(str(database), read_only=True) as con:
        found = con.execute("select max(as_of) from contract").fetchone()
        if not found or found[0] is None:
            raise ValueError(f"{database}: the table contract names no night")
        return _night(Reader(con, found[0]))


def _night(reader: Reader) -> Night:
    overall = reader.tonight("scores_overall")
    changes = reader.rows("select change, count(*) as n from finding_changes where as_of = $as_of group by all")
    return Night(
        as_of=reader.as_of,
        accounts=keyed(reader.rows("select * from accounts order by name, account_id"), "account_id"),
        ous=keyed(reader.rows("select * from organizational_units order by ou_path, ou_id"), "ou_id"),
        controls=keyed(reader.rows("select * from controls order by number, control_id"), "control_id"),
        overall=overall[0] if overall else None,
        by_practice=keyed(reader.tonight("scores_by_practice"), "practice"),
        by_account=keyed(reader.tonight("scores_by_account"), "account_id"),
        by_ou=keyed(reader.tonight("scores_by_ou"), "ou_id"),
        by_control=keyed(reader.tonight("scores_by_control"), "control_id"),
        by_account_and_practice=group(reader.tonight("scores_by_account_and_practice"), "account_id"),
        by_ou_and_practice=group(reader.tonight("scores_by_ou_and_practice"), "ou_id"),
        trend=_trend(reader),
        nights=reader.rows("select * from nights where as_of <= $as_of order by as_of"),
        open_fails=reader.rows(OPEN_FAILS),
        fails_by_practice=_severities(reader.rows(FAILS.format(key="f.practice"))),
        fails_by_account=_severities(reader.rows(FAILS.format(key="f.account_id"))),
        systems=group(reader.tonight("systems"), "practice"),
        resolution={s: keyed(rows, "key") for s, rows in group(reader.tonight("resolution_times"), "scope").items()},
        findings_by_control=group(reader.rows(BY_CONTROL, FINDINGS_PER_CONTROL), "control_id"),
        findings_by_account=group(reader.rows(BY_ACCOUNT, FINDINGS_PER_ACCOUNT), "account_id"),
        change_counts={row["change"]: row["n"] for row in changes},
        changes=group(reader.rows(CHANGES.format(partition="ch.change"), CHANGES_PER_KIND), "change"),
        changes_by_account=group(
            reader.rows(CHANGES.format(partition="ch.account_id"), CHANGES_PER_ACCOUNT), "account_id"
        ),
        unread=reader.rows(UNREAD),
        operations=reader.rows(OPERATIONS),
        ledger=group(reader.rows(LEDGER), "account_id"),
        people=keyed(reader.rows(PEOPLE), "account_id"),
        credentials=group(reader.rows(CREDENTIALS, CREDENTIALS_PER_ACCOUNT), "account_id"),
        credential_counts=group(reader.rows(CREDENTIAL_COUNTS), "account_id"),
        keys=group(reader.rows(KEYS, CREDENTIALS_PER_ACCOUNT), "account_id"),
        proposals=reader.rows(PROPOSALS),
        privileges=keyed(reader.rows(PRIVILEGES), "account_id"),
        quality=reader.rows(QUALITY),
        exceptions=reader.rows("select * from exceptions order by is_live desc, expires_on, entry"),
    )
