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
dataset = "Dataset of an accepted gap; null for every dataset"
covers = "Fails that it makes exempt tonight; of an accepted gap, the datasets of accounts that could not be read"
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
)

select
    register.*,
    register.expires_on >= getvariable('as_of') as is_live,
    if(is_live, 'live', 'expired') as state,
    coalesce(covering.covers, 0) as covers
from raw_register as register
left join covering using (entry)
order by register.entry
