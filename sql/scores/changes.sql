/*
title = "Changes since the previous night and over the last seven and thirty nights"
description = """
`new fail`: a fail that was not one. `fixed`: a fail that is none any more. `gone`: the resource of a fail is no longer
there. `became unknown` and `readable again`: the data behind the verdict was lost or is back. `no longer judged`: the
account of a fail is out of scope, not active or no longer in the organization. `judged again`: it was, and is back.
The nights compared with are those that the scores are compared with; what came and went between is not told.
"""
[columns]
since = "The night before, seven nights or thirty nights"
since_as_of = "The night that tonight is compared with"
previous_verdict = "Verdict of that night"
verdict = "Verdict tonight; null where the resource is gone or its account is no longer judged"
*/
with
published as (
    select as_of
    from history_nights
    where held_back_reason is null and as_of < getvariable('as_of')
),

nights as (
    select
        since,
        max(published.as_of) as since_as_of
    from published
    inner join (
        values ('the night before', 1), ('seven nights', 7), ('thirty nights', 30)
    ) as distances (since, days) on published.as_of <= getvariable('as_of') - distances.days
    group by since
),

earlier as (
    select
        nights.since,
        spans.*
    from history_spans as spans
    inner join nights on nights.since_as_of between spans.from_as_of and spans.to_as_of
),

unknown_before as (
    select distinct
        since,
        control_id,
        account_id
    from earlier
    where verdict = 'unknown'
),

unknown_now as (
    select distinct
        control_id,
        account_id
    from judgements
    where verdict = 'unknown'
),

accounts_before as (
    select distinct
        since,
        account_id
    from earlier
),

accounts_now as (
    select distinct account_id
    from judgements
),

-- Not judged on the night that tonight is compared with, but on one before it.
accounts_back as (
    select distinct
        nights.since,
        measures.key as account_id
    from history_measures as measures
    inner join nights on measures.as_of < nights.since_as_of
    anti join accounts_before on nights.since = accounts_before.since and measures.key = accounts_before.account_id
    where measures.scope = 'account'
),

now as (
    select
        nights.since,
        judgements.*
    from judgements
    cross join nights
),

compared as (
    select
        coalesce(now.since, earlier.since) as since,
        coalesce(now.control_id, earlier.control_id) as control_id,
        coalesce(now.account_id, earlier.account_id) as account_id,
        coalesce(now.region, earlier.region) as region,
        coalesce(now.resource, earlier.resource) as resource,
        earlier.verdict as previous_verdict,
        now.verdict,
        now.reason
    from now
    full join earlier using (since, control_id, account_id, region, resource)
    where now.verdict is distinct from earlier.verdict
),

named as (
    select
        compared.*,
        case
            when compared.verdict = 'unknown' then 'became unknown'
            when compared.previous_verdict = 'unknown' and unknown_now.control_id is null then 'readable again'
            when compared.verdict = 'fail' and compared.previous_verdict is null and unknown_before.control_id is not null
                then null
            when compared.verdict = 'fail' and accounts_back.account_id is not null then 'judged again'
            when compared.verdict = 'fail' then 'new fail'
            when compared.previous_verdict = 'fail' and compared.verdict is not null then 'fixed'
            when compared.previous_verdict = 'fail' and accounts_now.account_id is null then 'no longer judged'
            when compared.previous_verdict = 'fail' and unknown_now.control_id is null then 'gone'
        end as change
    from compared
    left join unknown_before using (since, control_id, account_id)
    left join unknown_now using (control_id, account_id)
    left join accounts_now using (account_id)
    left join accounts_back using (since, account_id)
)

select
    named.since,
    nights.since_as_of,
    named.change,
    named.control_id,
    controls.practice,
    named.account_id,
    named.region,
    named.resource,
    named.previous_verdict,
    named.verdict,
    case
        when named.change <> 'no longer judged' then named.reason
        when accounts.account_id is null then 'The account is no longer in the organization.'
        when accounts.state <> 'ACTIVE' then 'The account is ' || accounts.state || '.'
        else 'The settings leave the account out.'
    end as reason,
    controls.severity
from named
inner join nights using (since)
inner join control_catalog as controls using (control_id)
left join int_accounts as accounts on named.account_id = accounts.account_id
where named.change is not null
order by named.since, named.change, controls.practice, named.control_id, named.account_id, named.region, named.resource
