/*
title = "How long findings stay open and how fast they are resolved: overall, by best practice, OU and owner"
description = """
Counted from finding_life. An OU counts with everything below it; owner is the account's. Accounts that left the
organization have neither and count overall and by best practice. A finding's last episode counts, once.
The mean and the median of those resolved leave out the ones that stay open longest; median_days_with_open counts them
for as long as they have been open (the estimate of Kaplan and Meier).
"""
params = { within_days = 30 }
[columns]
as_of = "The night"
scope = "overall, practice, ou or owner"
key = "What is measured within that scope: number of the best practice, id of the OU, or owner; '' for none"
name = "The best practice in short, path of the OU, or owner"
open = "Findings that fail tonight"
oldest_open_days = "Days for which the oldest of them is open; null where none is"
reopened = "Findings opened again in the last within_days days"
resolved = "Findings resolved in the last within_days days, and not open again"
mean_days_to_resolve = "Mean days to resolve of the findings counted in resolved; null where there are none"
median_days_to_resolve = "Median days to resolve of the same findings; null where there are none"
median_days_with_open = "Days within which half of all findings are resolved, those still open counted; null where fewer are so far"
older = "Of the open and resolved ones, those that failed already when their account was first judged: their days are a lower bound"
within_days = "Length of the time looked back upon, in days"
*/
with
lives as (
    select
        life.*,
        life.resolved_on > getvariable('as_of') - getvariable('within_days') as is_lately_resolved,
        life.times_reopened > 0 and life.opened > getvariable('as_of') - getvariable('within_days')
            as is_lately_reopened,
        accounts.account_id is not null as is_in_organization,
        coalesce(accounts.owner, '') as owner,
        coalesce(accounts.ou_ids, []) as ou_ids
    from finding_life as life
    left join int_accounts as accounts using (account_id)
),

titles as (
    select distinct
        practice,
        practice_title
    from control_catalog
),

scoped as (
    select
        'overall' as scope,
        '' as key,
        'The organization' as name,
        *
    from lives
    union all
    select
        'practice' as scope,
        lives.practice::varchar as key,
        titles.practice_title as name,
        lives.*
    from lives
    inner join titles using (practice)
    union all
    select
        'ou' as scope,
        ous.ou_id as key,
        ous.ou_path as name,
        lives.*
    from lives
    inner join organizational_units as ous on list_contains(lives.ou_ids, ous.ou_id)
    union all
    select
        'owner' as scope,
        owner as key,
        if(owner = '', 'no owner', owner) as name,
        *
    from lives
    where is_in_organization
),

ends as (
    select
        scope,
        key,
        coalesce(days_to_resolve, age_days) as days,
        count(days_to_resolve) as resolved,
        sum(count(*)) over (partition by scope, key order by coalesce(days_to_resolve, age_days) desc) as at_risk
    from scoped
    where coalesce(days_to_resolve, age_days) is not null
    group by scope, key, coalesce(days_to_resolve, age_days)
),

surviving as (
    select
        scope,
        key,
        days,
        sum(if(resolved < at_risk, ln(1 - resolved / at_risk), -100)) over (partition by scope, key order by days) as log_share
    from ends
),

medians as (
    select
        scope,
        key,
        min(days) filter (log_share <= ln(0.5) + 1e-9) as median_days_with_open
    from surviving
    group by scope, key
)

select
    getvariable('as_of') as as_of,
    scope,
    key,
    name,
    count(*) filter (state = 'open') as open,
    max(age_days) as oldest_open_days,
    count(*) filter (is_lately_reopened) as reopened,
    count(*) filter (is_lately_resolved) as resolved,
    round(avg(days_to_resolve) filter (is_lately_resolved), 2) as mean_days_to_resolve,
    median(days_to_resolve) filter (is_lately_resolved) as median_days_to_resolve,
    any_value(medians.median_days_with_open)::bigint as median_days_with_open,
    count(*) filter (is_older and coalesce(days_to_resolve, age_days) is not null) as older,
    getvariable('within_days')::bigint as within_days
from scoped
left join medians using (scope, key)
group by scope, key, name
order by scope, key
