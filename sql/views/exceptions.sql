/*
title = "The register: exceptions, attestations, justifications and approvals, expired ones among them"
[columns]
control_id = "Control it speaks of"
account_id = "Account it is about; null for every account"
resource = "ARN or glob of ARNs it is limited to; null for every resource"
reason = "Why the entry exists"
is_live = "Whether the entry still counts tonight"
state = "live, or expired: listed, and covers nothing"
operation = "Operation of an accepted gap; null for every operation"
dataset = "Dataset of an accepted gap or check; null for every dataset"
check_name = "Check on the inputs whose failure is accepted"
covers = "Fails that it makes exempt tonight; of a gap, the datasets of accounts not read; of a check, 1 if it failed"
*/
with
covering as (
    select
        exception_entry as entry,
        count(*) as covers
    from judgements
    where exception_entry is not null
    group by exception_entry
    union all
    select
        accepted_by as entry,
        count(*) as covers
    from coverage
    where accepted_by is not null
    group by accepted_by
    union all
    select
        accepted_by as entry,
        count(*) as covers
    from raw_quality_results
    where accepted_by is not null
    group by accepted_by
)

select
    register.*,
    register.expires_on >= getvariable('as_of') as is_live,
    if(is_live, 'live', 'expired') as state,
    coalesce(covering.covers, 0) as covers
from raw_register as register
left join covering using (entry)
order by register.entry
