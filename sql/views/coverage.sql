/*
title = "Coverage of each dataset, and the failed call if it could not be read"
[columns]
as_of = "The night"
account_id = "Id of the account"
dataset = "Name of the dataset"
operation = "The operation that failed"
controls = "Controls that rest on the dataset"
read_on = "Night on which the oldest of its rows were read; an earlier one if some are remembered"
accepted_by = "Live entry of the register that accepts the gap; it is unknown all the same"
*/
with
resting as (
    select
        dataset,
        list(control_id order by control_id) as controls
    from control_needs
    inner join control_catalog using (control_id)
    group by dataset
),

accepted as (
    select
        extracts.account_id,
        extracts.region,
        extracts.dataset,
        min(gaps.entry) as entry
    from raw_extracts as extracts
    inner join raw_register as gaps
        on
            gaps.kind = 'accepted_gap'
            and gaps.expires_on >= getvariable('as_of')
            and extracts.account_id = coalesce(gaps.account_id, extracts.account_id)
            and extracts.operation = coalesce(gaps.operation, extracts.operation)
            and extracts.dataset = coalesce(gaps.dataset, extracts.dataset)
    where extracts.status = 'failed'
    group by extracts.account_id, extracts.region, extracts.dataset
)

select
    getvariable('as_of') as as_of,
    extracts.account_id,
    extracts.region,
    extracts.dataset,
    extracts.status,
    extracts.rows,
    extracts.operation,
    extracts.error_class,
    extracts.error_code,
    extracts.message,
    if(extracts.status = 'ok', coalesce(extracts.read_on, getvariable('as_of')), null) as read_on,
    coalesce(resting.controls, []) as controls,
    accepted.entry as accepted_by
from raw_extracts as extracts
left join resting using (dataset)
left join accepted using (account_id, region, dataset)
order by extracts.account_id, extracts.region, extracts.dataset
