/*
title = "The findings of the night: one control's verdict on one resource"
by_controls = true
[columns]
as_of = "The night"
control_id = "Id of the control"
practice = "Number of the best practice, 1 to 14"
account_id = "Id of the account"
region = "Region, 'global' for services without one"
resource = "ARN of what is judged"
verdict = "pass, fail, exempt, not_applicable, unknown or manual"
reason = "A sentence with the values in it"
evidence = "The facts that decided"
first_seen = "First night on which the control had a verdict on the resource"
last_changed = "Night on which the current verdict began"
*/
with
life as (
    select
        control_id,
        account_id,
        region,
        resource,
        min(from_as_of) as first_seen,
        max(from_as_of) as last_changed
    from history_spans
    where from_as_of <= getvariable('as_of') and list_contains(getvariable('part'), control_id)
    group by all
)

select
    getvariable('as_of') as as_of,
    judgements.control_id,
    judgements.practice,
    judgements.account_id,
    judgements.region,
    judgements.resource,
    as_verdict(judgements.verdict) as verdict,
    judgements.reason,
    judgements.evidence,
    life.first_seen,
    life.last_changed
from judgements
inner join life using (control_id, account_id, region, resource)
where list_contains(getvariable('part'), judgements.control_id)
order by judgements.practice, judgements.control_id, judgements.account_id, judgements.region, judgements.resource
