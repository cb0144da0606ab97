/*
title = "How the measures changed since the night before, over seven and over thirty nights"
description = """
Like for like: only pairs of control and account that were judged on both nights. So no measure moves because an account
joined, was suspended or could not be read, or because a control was added. Accounts are counted where they are tonight.
"""
[columns]
since = "previous, week_ago or month_ago"
since_as_of = "The night that tonight is compared with"
critical_change = "Change in fails of critical controls"
high_change = "Change in fails of high controls"
met_change = "Change of controls_met in percentage points, over accounts with controls to meet on both nights"
*/
with
published as (
    select as_of
    from history_nights
    where held_back_reason is null and as_of < getvariable('as_of')
),

nights as (
    select since, max(published.as_of) as since_as_of
    from published
    inner join (values ('previous', 1), ('week_ago', 7), ('month_ago', 30)) as distances (since, days)
        on published.as_of <= getvariable('as_of') - distances.days
    group by since
),

then_counted as (
    select
        nights.since,
        spans.control_id,
        spans.account_id,
        count(*) filter (spans.verdict = 'fail') as fail,
        count(*) filter (spans.verdict in ('pass', 'exempt')) > 0 as has_fine,
        count(*) filter (spans.verdict in ('unknown', 'manual')) = 0 as is_judged
    from history_spans as spans
    inner join nights on nights.since_as_of between spans.from_as_of and spans.to_as_of
    group by all
),

compared as (
    select
        then_counted.since,
        now.account_id,
        now.practice,
        now.control_id,
        now.severity,
        now.fail - then_counted.fail as fails,
        now.is_met,
        now.fail > 0 as is_not_met,
        then_counted.fail = 0 and then_counted.has_fine as was_met,
        then_counted.fail > 0 as was_not_met
    from control_account_counts as now
    inner join then_counted using (control_id, account_id)
    where now.is_judged and then_counted.is_judged
),

changed as (
    select
        since,
        account_id,
        case grouping_id(practice, control_id) when 3 then 'all' when 1 then 'practice' else 'control' end as level,
        practice,
        control_id,
        coalesce(sum(fails) filter (severity = 'critical'), 0)::bigint as critical_change,
        coalesce(sum(fails) filter (severity = 'high'), 0)::bigint as high_change,
        100 * count(*) filter (is_met) / nullif(count(*) filter (is_met or is_not_met), 0)
        - 100 * count(*) filter (was_met) / nullif(count(*) filter (was_met or was_not_met), 0) as met_change
    from compared
    group by grouping sets ((since, account_id), (since, account_id, practice), (since, account_id, practice, control_id))
)

select
    changed.since,
    any_value(nights.since_as_of) as since_as_of,
    scopes.scope,
    concat_ws(
        '/', scopes.subject, changed.control_id, if(changed.control_id is null, changed.practice, null)
    ) as key,
    sum(changed.critical_change)::bigint as critical_change,
    sum(changed.high_change)::bigint as high_change,
    round(avg(changed.met_change), 4) as met_change
from changed
inner join nights using (since)
inner join measured_scopes as scopes using (account_id, level)
group by changed.since, scopes.scope, scopes.subject, changed.practice, changed.control_id
order by changed.since, scopes.scope, key
