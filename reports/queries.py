"""Queries on the published database used by several pages. Queries of a single page are in its module."""

from __future__ import annotations

FINDINGS_PER_PAGE = 1_000
CHANGES_PER_KIND = 1_000
CHANGES_PER_ACCOUNT = 200
ALL_FINDINGS = 5_000
IDENTITIES_PER_ACCOUNT = 500
LISTED = 1_000
"""Maximum rows of an organization-wide list; a query is offered for the rest."""
NIGHTS_SHOWN = 90


def _rank(column: str, *values: str) -> str:
    """SQL for the rank of a value in this list; other values come last."""
    return f"coalesce(list_position({list(values)}, {column}), {len(values) + 1})"


_VERDICT = _rank("f.verdict", "fail", "unknown", "exempt", "manual")
_SEVERITY = _rank("severity", "critical", "high", "medium", "low")

OPEN_FINDINGS = f"""
    with open as (
        select f.account_id, f.control_id, f.region, f.resource, f.verdict, f.reason, f.first_seen, f.evidence,
            left(md5(concat_ws(chr(10), f.control_id, f.region, f.resource)), 12) as id, c.number, c.title, c.practice,
            c.severity, a.name as account_name, coalesce(a.owner, '') as owner, life.age_days, life.times_reopened,
            if(f.verdict = 'fail', coalesce(life.opened, f.last_changed), f.last_changed) as since,
            left(md5(r.repair), 10) as repair, coalesce(r.made_by, 'account owner') as made_by,
            {_VERDICT} as verdict_rank, {_SEVERITY.replace("severity", "c.severity")} as severity_rank
        from findings f join controls c using (control_id) left join accounts a using (account_id)
            left join finding_life life using (control_id, account_id, region, resource)
            left join finding_repairs k using (control_id, account_id, region, resource)
            left join (select repair, made_by from repairs) r on k.repair = r.repair
        where f.as_of = $as_of and f.verdict in ('fail', 'unknown', 'exempt', 'manual')
    )
    select * exclude (evidence), row_number() over (partition by account_id
            order by verdict_rank, severity_rank, number, region nulls first, resource, reason) as in_account,
        row_number() over (partition by control_id
            order by verdict_rank, account_name, account_id, region nulls first, resource, reason) as in_control,
        row_number() over (order by verdict_rank, severity_rank, number, account_name, account_id,
            region nulls first, resource, reason) as in_all,
        row_number() over (partition by owner
            order by verdict_rank, severity_rank, number, account_name, account_id, region nulls first, resource,
            reason) as in_owner,
        if(in_account <= {FINDINGS_PER_PAGE}, evidence::varchar, null) as evidence
    from open order by account_id, in_account"""
"""Every open finding, with its rank within its account, control and owner."""

_OF_PART = "/(accesskey|password|servicecredential|signingcertificate|sshkey|inline)(/[^/]+)?$"
"""What a finding adds to the ARN of the user or role that it is about."""
IDENTITY_FAILS = f"""
    select account_id, regexp_replace(resource, '{_OF_PART}', '') as arn, id, number, title, control_id, in_account,
        severity, severity_rank, reason, resource, since, age_days
    from open_findings where verdict = 'fail'"""
IDENTITIES = """
    with fails as (
        select account_id, arn, count(*) as fails, min(severity_rank) as gravest from identity_fails group by all
    )
    select p.*, a.name as account_name, a.owner as account_owner, coalesce(f.fails, 0) as fails, f.gravest,
        r.is_admin, r.steps, r.possible_steps, r.via::varchar as via, l.data_status, l.granted_services,
        l.used_services, l.unused_services, l.sensitive_actions, l.last_used_on,
        'i-' || left(md5(p.arn), 12) as id,
        row_number() over (partition by p.account_id order by coalesce(f.gravest, 9), r.is_admin = 'yes' desc,
            coalesce(f.fails, 0) desc, p.arn) as in_account,
        row_number() over (order by coalesce(f.gravest, 9), r.is_admin = 'yes' desc, coalesce(f.fails, 0) desc,
            a.name, p.arn) as in_all,
        count(*) over () as total
    from principals p left join accounts a using (account_id) left join fails f using (account_id, arn)
        left join principal_reach r on r.account_id = p.account_id and r.principal_arn = p.arn
        left join least_privilege l on l.account_id = p.account_id and l.arn = p.arn
    where f.fails > 0 or r.is_admin in ('yes', 'depends') or coalesce(r.steps, r.possible_steps) is not null"""
"""Users and roles that fail, administer or can become administrator, with their rank."""

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
        list_sort(list_distinct(flatten(list(f.resting)))) as controls,
        if(count(f.accepted_by) = count(*), min(f.accepted_by), null) as accepted_by
    from failed f left join accounts a using (account_id) left join since s on s.account_id = f.account_id
        and s.operation is not distinct from f.operation and s.error_class is not distinct from f.error_class
    group by f.account_id, a.name, f.operation, f.error_class
    order by len(datasets) desc, a.name, f.account_id, f.operation, f.error_class"""
UNREAD_CALLS = "from unread order by len(datasets) desc, account_name, account_id, operation, error_class"
FAILS = """
    select {key} as key, severity, count(*) as fails
    from open_findings f left join accounts a using (account_id) where verdict = 'fail' group by all order by all"""
ABOVE = """above as (
        select ou_id, ou_id as member from organizational_units
        union all
        select o.parent_id, above.member from above join organizational_units o on above.ou_id = o.ou_id
        where o.parent_id is not null
    )"""
CHANGES_BY = f"""
    select ch.*, a.name as account_name, c.number, c.title, o.id, o.in_account,
        coalesce(a.owner, '') as owner, count(*) over (partition by {{key}}) as total
    from finding_changes ch join controls c using (control_id) left join accounts a using (account_id)
        left join open_findings o on ch.control_id = o.control_id and ch.account_id = o.account_id
            and ch.region = o.region and ch.resource = o.resource
    where ch.as_of = $as_of
    qualify row_number() over (partition by {{key}} order by {_SEVERITY.replace("severity", "ch.severity")},
        c.number, a.name, ch.account_id, ch.region nulls first, ch.resource, ch.change) <= {{few}}
    order by {{key}}, {_SEVERITY.replace("severity", "ch.severity")},
        c.number, a.name, ch.account_id, ch.region nulls first, ch.resource, ch.change"""
CHANGES = CHANGES_BY.format(key="ch.change", few=CHANGES_PER_KIND)
CHANGE_COUNTS = "select change, count(*) as n from finding_changes where as_of = $as_of group by all order by all"
CHANGES_SINCE = """
    select since, since_as_of, change, sum(findings)::bigint as findings,
        coalesce(sum(findings) filter (severity in ('critical', 'high')), 0)::bigint as grave
    from change_counts where as_of = $as_of group by all order by since_as_of desc, change"""
OPEN_FAILS = f"""
    with spans as (
        select h.from_as_of, coalesce(h.to_as_of, $as_of) as to_as_of, c.severity, count(*) as fails
        from finding_history h join controls c using (control_id) where h.verdict = 'fail' group by all
    )
    select n.as_of, s.severity, sum(s.fails)::bigint as fails
    from nights n join spans s on n.as_of between s.from_as_of and s.to_as_of
    where n.published and n.as_of <= $as_of group by n.as_of, s.severity
    qualify dense_rank() over (order by n.as_of desc) <= {NIGHTS_SHOWN} order by all"""
CALLS = """
    select distinct control_id, operation, scope = 'organization' as is_once from control_operations order by all"""
OPERATIONS = """
    select operation, count(distinct account_id) as accounts, sum(calls)::bigint as calls,
        sum(attempts)::bigint as attempts, sum("rows")::bigint as "rows", sum(seconds) as seconds,
        count(*) filter (where status = 'failed') as failed, min(data_time) as oldest, max(data_time) as newest
    from ledger where as_of = $as_of group by operation order by operation"""
TREND = f"""
    select * from trend where as_of <= $as_of and scope {{scope}}
    qualify dense_rank() over (order by as_of desc) <= {NIGHTS_SHOWN} order by scope, key, as_of"""
REPAIRS = f"""
    select r.*, a.name as account_name, coalesce(a.owner, '') as owner
    from repairs r left join accounts a using (account_id) order by r.place limit {LISTED}"""
PROPOSALS = """
    select l.*, p.source, p.generated_on, p.policies, p.size_characters, p.removed_services, p.removed_actions,
        p.replaces::varchar as replaces, p.problems, p.notes, a.name as account_name
    from policy_proposals p join least_privilege l using (account_id, arn) left join accounts a using (account_id)
    order by l.place"""
PRIVILEGES = """
    select {} as account_id, count(*) filter (where data_status = 'known') as known,
        count(*) filter (where data_status = 'too_new') as too_new,
        count(*) filter (where data_status = 'unknown') as unknown,
        count(*) filter (where data_status = 'not_applicable') as not_applicable,
        count(*) filter (where data_status = 'known' and used_services = 0) as unused,
        count(*) filter (where has_proposal) as proposals, min(place) filter (where has_proposal) as worst
    from least_privilege group by all order by all"""
QUALITY = """
    select q.dataset, q.check_name, expectation, severity, passed, unexpected_count, sample::varchar as sample, message,
        accepted_by, owner, reason, expires_on
    from quality_results as q left join exceptions as e on e.entry = accepted_by where q.as_of = $as_of
    order by passed, severity, q.dataset, q.check_name, expectation"""
PATH_TITLES = "select path_id, any_value(title) as title from principal_escalations group by path_id order by path_id"
KNOWLEDGE = "select name, title, read_on, age_days, is_old, off_list from knowledge order by is_old desc, read_on, name"
KNOWLEDGE_GAPS = "select kind, name, times, len(accounts) as accounts from knowledge_gaps order by kind, name"
EXCEPTIONS = "select * from exceptions order by is_live desc, expires_on, entry"
FAILS_OF_RESOURCES = """
    select account_id, resource, count(*) as fails,
        list({'id': id, 'number': number, 'title': title, 'account_id': account_id, 'in_account': in_account}
            order by in_account)[:3] as fails_shown
    from open_findings where verdict = 'fail' group by all"""
"""A resource's own fails: their number, and the most severe."""
