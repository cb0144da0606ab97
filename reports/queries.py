"""What the pages ask of the published database: a query for each kind of page, never one a page.

Those under `BY_ACCOUNT`, `BY_CONTROL` and `BY_OWNER` are sorted by that key first, and read page by page.
"""

from __future__ import annotations

FINDINGS_PER_PAGE = 1_000
CHANGES_PER_KIND = 1_000
CHANGES_PER_ACCOUNT = 200
CREDENTIALS_PER_ACCOUNT = 200
LISTED = 1_000
"""Rows of a list over the whole organization; what is beyond them has a query."""
NIGHTS_SHOWN = 90


def _rank(column: str, *values: str) -> str:
    """The place of a value among these; what is not among them comes last."""
    return f"coalesce(list_position({list(values)}, {column}), {len(values) + 1})"


_VERDICT = _rank("f.verdict", "fail", "unknown", "exempt", "manual")
_SEVERITY = _rank("severity", "critical", "high", "medium", "low")

OPEN_FINDINGS = f"""
    with open as (
        select f.account_id, f.control_id, f.region, f.resource, f.verdict, f.reason, f.first_seen, f.evidence,
            left(md5(concat_ws(chr(10), f.control_id, f.region, f.resource)), 12) as id, c.number, c.title, c.practice,
            c.severity, a.name as account_name, coalesce(a.owner, '') as owner, life.age_days, life.times_reopened,
            {_VERDICT} as grave, {_SEVERITY} as severe
        from findings f join controls c using (control_id) left join accounts a using (account_id)
            left join finding_life life using (control_id, account_id, region, resource)
        where f.as_of = $as_of and f.verdict in ('fail', 'unknown', 'exempt', 'manual')
    )
    select * exclude (evidence), row_number() over (partition by account_id
            order by grave, severe, number, region nulls first, resource, reason) as in_account,
        row_number() over (partition by control_id
            order by grave, account_name, account_id, region nulls first, resource, reason) as in_control,
        row_number() over (partition by owner
            order by grave, severe, number, account_name, account_id, region nulls first, resource, reason) as in_owner,
        if(in_account <= {FINDINGS_PER_PAGE}, evidence::varchar, null) as evidence
    from open order by account_id, in_account"""
"""Every finding that calls for somebody, with its place among those of its account, control and owner."""

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
UNREAD_CALLS = "from unread order by len(datasets) desc, account_name, account_id, operation, error_class"
FAILS = """
    select {key} as key, severity, count(*) as fails
    from open_findings f left join accounts a using (account_id) where verdict = 'fail' group by all order by all"""
_ABOVE = """above as (
        select ou_id, ou_id as member from organizational_units
        union all
        select o.parent_id, above.member from above join organizational_units o on above.ou_id = o.ou_id
        where o.parent_id is not null
    )"""
OU_CONTROLS = f"""
    with recursive {_ABOVE}
    select above.ou_id, f.control_id, count(*) filter (verdict = 'fail') as fails,
        count(*) filter (verdict = 'unknown') as unknown, count(distinct f.account_id) as accounts
    from open_findings f join accounts a using (account_id) join above on a.ou_id = above.member
    group by all having fails + unknown > 0 order by above.ou_id, fails desc, unknown desc, f.control_id"""
OWNER_CONTROLS = """
    select owner, control_id, count(*) filter (verdict = 'fail') as fails,
        count(*) filter (verdict = 'unknown') as unknown, count(distinct account_id) as accounts
    from open_findings group by all having fails + unknown > 0
    order by owner, fails desc, unknown desc, control_id"""
CONTROL_OUS = """
    select f.control_id, a.ou_id, count(*) filter (verdict = 'fail') as fails,
        count(distinct f.account_id) as accounts
    from open_findings f join accounts a using (account_id)
    group by all having fails > 0 order by f.control_id, fails desc, a.ou_id"""
_CHANGES = f"""
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
CHANGES = _CHANGES.format(key="ch.change", few=CHANGES_PER_KIND)
CHANGE_COUNTS = "select change, count(*) as n from finding_changes where as_of = $as_of group by all order by all"
CHANGES_SINCE = """
    select since, since_as_of, change, sum(findings)::bigint as findings,
        coalesce(sum(findings) filter (severity in ('critical', 'high')), 0)::bigint as grave
    from change_counts where as_of = $as_of group by all order by since_as_of desc, change"""
OPEN_FAILS = """
    with spans as (
        select h.from_as_of, coalesce(h.to_as_of, $as_of) as to_as_of, c.severity, count(*) as fails
        from finding_history h join controls c using (control_id) where h.verdict = 'fail' group by all
    )
    select n.as_of, s.severity, sum(s.fails)::bigint as fails
    from nights n join spans s on n.as_of between s.from_as_of and s.to_as_of
    where n.published and n.as_of <= $as_of group by all order by all"""
CALLS = """
    select distinct control_id, operation, scope = 'organization' as is_once from control_operations order by all"""
ONCE = """
    select operation, account_id, region, status, data_time from ledger
    where as_of = $as_of and operation in (select operation from control_operations where scope = 'organization')
    order by operation, account_id, region"""
"""Calls by which the organization itself is read; every account's verdicts may rest on them."""
OPERATIONS = """
    select operation, count(distinct account_id) as accounts, sum(calls)::bigint as calls,
        sum(attempts)::bigint as attempts, sum("rows")::bigint as "rows", sum(seconds) as seconds,
        count(*) filter (where status = 'failed') as failed, min(data_time) as oldest, max(data_time) as newest
    from ledger where as_of = $as_of group by operation order by operation"""
TREND = f"""
    select * from trend where as_of <= $as_of and scope {{scope}}
    qualify dense_rank() over (order by as_of desc) <= {NIGHTS_SHOWN} order by scope, key, as_of"""
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
UNUSED = f"""
    select l.*, p.owner as principal_owner, p.created_at, a.name as account_name, a.owner
    from least_privilege l left join principals p using (account_id, arn) left join accounts a using (account_id)
    where l.data_status = 'known' and l.used_services = 0 order by l.place limit {LISTED}"""
"""Users and roles that used no service lately, the worst first."""
QUALITY = """
    select dataset, check_name, expectation, severity, passed, unexpected_count, sample::varchar as sample, message
    from quality_results where as_of = $as_of
    order by passed, severity, dataset, check_name, expectation"""
EXCEPTIONS = "select * from exceptions order by is_live desc, expires_on, entry"

BY_ACCOUNT = {
    "practices": "select * from scores_by_account_and_practice where as_of = $as_of order by account_id, practice",
    "trend": TREND.format(scope="= 'account'").replace("select *", "select *, key as account_id"),
    "findings": f"select * from open_findings where in_account <= {FINDINGS_PER_PAGE} order by account_id, in_account",
    "changes": _CHANGES.format(key="ch.account_id", few=CHANGES_PER_ACCOUNT),
    "unread": "select * from unread order by account_id, len(datasets) desc, operation, error_class",
    "ledger": """
        select account_id, region, operation, status, error_class, calls, attempts, "rows", seconds, data_time
        from ledger where as_of = $as_of order by account_id, operation, region""",
    "people": """
        select account_id, count(*) filter (where principal_type = 'user') as users,
            count(*) filter (where principal_type = 'role') as roles,
            count(*) filter (where principal_type = 'user' and has_console) as console_users,
            count(*) filter (where principal_type = 'user' and has_console and has_mfa) as console_users_with_mfa
        from principals group by account_id order by account_id""",
    "credentials": f"""
        select *, row_number() over (partition by account_id
            order by is_root desc, is_active desc, age_days desc nulls last, user_name, kind, credential) as place,
            count(*) over (partition by account_id) as total from credentials
        qualify place <= {CREDENTIALS_PER_ACCOUNT} order by account_id, place""",
    "credential_counts": """
        select account_id, kind, count(*) as total, count(*) filter (where is_active) as active,
            max(age_days) filter (where is_active) as oldest_days from credentials group by all order by all""",
    "keys": "select * from key_triage order by account_id, place",
    "privileges": PRIVILEGES.format("account_id"),
}
BY_CONTROL = f"""
    select * exclude (evidence) from open_findings
    where in_control <= {FINDINGS_PER_PAGE} order by control_id, in_control"""
BY_OWNER = {
    "findings": "select * exclude (evidence) from open_findings order by owner, in_owner",
    "changes": _CHANGES.format(key="coalesce(a.owner, '')", few=CHANGES_PER_ACCOUNT),
    "controls": OWNER_CONTROLS,
}

_FAILS_OF = """
    select account_id, resource, count(*) as fails,
        list({'id': id, 'number': number, 'title': title, 'account_id': account_id, 'in_account': in_account}
            order by in_account)[:3] as fails_shown
    from open_findings where verdict = 'fail' group by all"""
"""The fails of a resource itself: how many, and the gravest of them."""
REACH = f"""
    with fails as ({_FAILS_OF}),
    reach as (
        select *, if(is_admin = 'no', 'reach', 'admin') as kind from principal_reach
        where is_admin <> 'no' or steps is not null or possible_steps is not null
    )
    select r.kind, r.principal_type, r.account_id, r.principal_arn, r.is_admin, r.steps, r.possible_steps,
        r.via::varchar as via, a.name as account_name, a.owner, p.name, p.owner as principal_owner,
        p.is_identity_center, f.fails, f.fails_shown, count(*) over (partition by r.kind, r.principal_type) as total
    from reach r left join accounts a using (account_id)
        left join principals p on r.account_id = p.account_id and r.principal_arn = p.arn
        left join fails f on r.account_id = f.account_id and r.principal_arn = f.resource
    qualify row_number() over (partition by r.kind, r.principal_type order by r.is_admin = 'depends',
        r.steps nulls last, r.possible_steps, a.name, r.account_id, r.principal_arn) <= {LISTED}
    order by r.kind, r.principal_type, r.is_admin = 'depends', r.steps nulls last, r.possible_steps, a.name,
        r.account_id, r.principal_arn"""
"""Users and roles that are administrators (kind admin), and that can become one (kind reach)."""
PATH_TITLES = "select path_id, any_value(title) as title from principal_escalations group by path_id order by path_id"
PEOPLE = """
    with judged as (
        select account_id, resource as arn, bool_or(control_id = 'oidc_trust_scoped') as is_oidc,
            bool_or(control_id = 'saml_federation_healthy') as is_saml
        from findings where as_of = $as_of and control_id in ('oidc_trust_scoped', 'saml_federation_healthy')
        group by all
    )
    select count(*) filter (principal_type = 'user') as users,
        count(*) filter (principal_type = 'user' and has_console) as console,
        count(*) filter (principal_type = 'user' and has_console and has_mfa) as console_with_mfa,
        count(*) filter (principal_type = 'user' and has_console is null) as users_unknown,
        count(*) filter (is_identity_center) as identity_center,
        count(*) filter (is_saml and not is_identity_center) as saml,
        count(*) filter (is_service_linked) as service_linked,
        count(*) filter (is_oidc) as oidc,
        count(*) filter (principal_type = 'role' and not is_identity_center and not is_service_linked
            and not coalesce(is_saml, false)) as roles
    from principals p left join judged using (account_id, arn)"""
"""How many users and roles of each kind; whom a role trusts is told by the findings of the controls on federation."""
PEOPLE_UNKNOWN = f"""
    select account_id, account_name, owner, reason, list(distinct number order by number) as numbers,
        count(*) over () as total
    from open_findings where verdict = 'unknown' and control_id in
        ('admin_principals_limited', 'no_privilege_escalation', 'no_human_iam_users', 'key_rotation')
    group by all order by account_name, account_id, reason limit {LISTED}"""
"""Where it is not known who the users and roles are, and what they could do."""
KEYS = f"""
    with fails as ({_FAILS_OF})
    select k.* exclude (owner), k.owner as user_owner, a.name as account_name, a.owner, f.fails, f.fails_shown
    from key_triage k left join accounts a using (account_id)
        left join fails f on k.account_id = f.account_id and f.resource = k.user_arn || '/accesskey/' || k.credential
    order by k.place limit {LISTED}"""
KEY_COUNTS = "select advice, power, count(*) as keys from key_triage group by all order by all"
CREDENTIAL_KINDS = """
    select kind, count(*) filter (where is_active) as active, count(*) filter (where not is_active) as inactive,
        count(*) filter (where is_active and is_root) as of_root,
        count(distinct account_id) filter (where is_active) as accounts,
        count(*) filter (where is_active and last_used_at is null) as no_use_known,
        max(age_days) filter (where is_active) as oldest_days
    from credentials group by kind order by active desc, kind"""
GUARDRAILS = """
    select g.policy_type, g.account_id, a.name as account_name, list(g.verdict order by g.objective) as verdicts,
        count(*) filter (g.verdict = 'fail') as fails, count(*) filter (g.verdict = 'unknown') as unknown
    from guardrails g left join accounts a using (account_id) where g.as_of = $as_of
    group by g.policy_type, g.account_id, a.name
    order by g.policy_type, fails desc, unknown desc, a.name, g.account_id"""
"""Each account with its verdicts, in the order of the objectives."""
OBJECTIVES = """
    select policy_type, objective, any_value(title) as title, count(*) filter (verdict = 'pass') as "pass",
        count(*) filter (verdict = 'fail') as fail, count(*) filter (verdict = 'exempt') as exempt,
        count(*) filter (verdict = 'unknown') as "unknown",
        count(*) filter (verdict = 'not_applicable') as not_applicable
    from guardrails where as_of = $as_of group by policy_type, objective order by policy_type, objective"""
GUARDRAIL_OUS = f"""
    with recursive {_ABOVE}
    select g.policy_type, above.ou_id, g.objective, count(*) filter (g.verdict = 'fail') as fails,
        count(*) filter (g.verdict = 'unknown') as unknown,
        count(*) filter (g.verdict in ('pass', 'fail', 'exempt')) as judged
    from guardrails g join accounts a using (account_id) join above on a.ou_id = above.member
    where g.as_of = $as_of group by all order by g.policy_type, above.ou_id, g.objective"""
NOT_APPLICABLE = """
    select policy_type, reason, count(distinct account_id) as accounts, count(distinct objective) as objectives
    from guardrails where as_of = $as_of and verdict = 'not_applicable'
    group by policy_type, reason order by policy_type, accounts desc, reason"""
