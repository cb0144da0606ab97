/*
title = "What changed since the night before"
description = """
`new fail`: a fail that was not one. `fixed`: a fail that is none any more. `gone`: the resource of a fail, or its
account, is no longer there. `became unknown` and `readable again`: the data behind the verdict was lost or is back.
"""
[columns]
as_of = "The night"
change = "new fail, fixed, gone, became unknown or readable again"
practice = "Number of the best practice, 1 to 14"
previous_verdict = "Verdict of the night before"
verdict = "Verdict tonight; null where the resource is gone"
severity = "Severity of the control"
*/
with
night_before as (
    select max(as_of) as as_of
    from history_nights
    where blocked_reason is null and as_of < getvariable('as_of')
),

earlier as (
    select spans.*
    from history_spans as spans
    inner join night_before on night_before.as_of between spans.from_as_of and spans.to_as_of
),

unknown_before as (
    select distinct control_id, account_id
    from earlier
    where verdict = 'unknown'
),

unknown_now as (
    select distinct control_id, account_id
    from judgements
    where verdict = 'unknown'
),

compared as (
    select
        coalesce(now.control_id, earlier.control_id) as control_id,
        coalesce(now.account_id, earlier.account_id) as account_id,
        coalesce(now.region, earlier.region) as region,
        coalesce(now.resource, earlier.resource) as resource,
        earlier.verdict as previous_verdict,
        now.verdict,
        now.reason
    from (from judgements where exists (from night_before where as_of is not null)) as now
    full join earlier using (control_id, account_id, region, resource)
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
            when compared.verdict = 'fail' then 'new fail'
            when compared.previous_verdict = 'fail' and compared.verdict is not null then 'fixed'
            when compared.previous_verdict = 'fail' and unknown_now.control_id is null then 'gone'
        end as change
    from compared
    left join unknown_before using (control_id, account_id)
    left join unknown_now using (control_id, account_id)
)

select
    getvariable('as_of') as as_of,
    named.change,
    named.control_id,
    controls.practice,
    named.account_id,
    named.region,
    named.resource,
    named.previous_verdict,
    named.verdict,
    named.reason,
    controls.severity
from named
inner join control_catalog as controls using (control_id)
where named.change is not null
order by named.change, controls.practice, named.control_id, named.account_id, named.region, named.resource
