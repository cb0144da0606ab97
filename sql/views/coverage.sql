/*
title = "Coverage of each dataset, and the failed call if it could not be read"
[columns]
as_of = "The night"
controls = "Controls that rest on the dataset"
*/
with
resting as (
    select
        dataset,
        list(control_id order by control_id) as controls
    from control_needs
    inner join control_catalog using (control_id)
    group by dataset
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
    coalesce(resting.controls, []) as controls
from raw_extracts as extracts
left join resting using (dataset)
order by extracts.account_id, extracts.region, extracts.dataset
