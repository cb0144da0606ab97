/*
title = "The life of every finding that ever failed: first failure, how often, and resolution"
description = """
A row for each finding of tonight's controls that failed on some night so far. It is opened by a fail, and resolved by
the first night after it on which it passes, does not apply, or is gone. `unknown`, `exempt` and `manual` resolve
nothing: nobody could see that it was put right, an exception covers a fail that is still there, or an attestation is
awaited. A fail after them belongs to the same episode; one after a resolution opens the finding again.
Gone is what has no verdict on a night on which the control ran and its data in that account was read. Nights that were
not run, or without the control, say nothing; nor do those on which the account was not judged at all, because it had
left the organization, was not active or was out of scope: what failed there is no longer judged, and not resolved.
What failed on the first night on which its control judged its account is older than anybody here knows (is_older).
"""
[columns]
control_id = "Id of the control"
practice = "Number of the best practice, 1 to 14"
account_id = "Id of the account"
region = "Region, 'global' for services without one"
resource = "ARN of what is judged"
first_failed = "First night on which it failed"
opened = "First night of its current or last episode"
last_seen = "Last night on which it failed"
resolved_on = "Night that ended the last episode; null while it goes on"
times_reopened = "Episodes after the first"
state = "open (fails tonight), exempt, unknown (tonight no verdict tells), no longer judged or resolved"
age_days = "Days from opened to tonight; null unless it is open"
days_to_resolve = "Days from opened to resolved_on; null unless it is resolved"
is_older = "Whether it failed already when its control first judged its account: its days are the least that it can be"
*/
with
nights as (
    select
        key as control_id,
        as_of,
        lead(as_of) over (partition by key order by as_of) as next_night
    from history_measures
    where scope = 'control' and as_of <= getvariable('as_of')
),

so_far as (
    select * replace (least(to_as_of, getvariable('as_of')) as to_as_of)
    from history_spans
    where from_as_of <= getvariable('as_of')
),

spans as (
    select
        so_far.*,
        nights.next_night
    from so_far
    inner join nights on so_far.control_id = nights.control_id and so_far.to_as_of = nights.as_of
),

failed as (
    from spans
    where verdict = 'fail'
),

failing as (
    select
        *,
        lead(from_as_of) over (partition by control_id, account_id, region, resource order by from_as_of) as next_from
    from spans
    semi join failed using (control_id, account_id, region, resource)
),

account_nights as (
    select
        key as account_id,
        as_of,
        lead(as_of) over (partition by key order by as_of) as next_judged
    from history_measures
    where scope = 'account' and as_of <= getvariable('as_of')
),

any_account as (
    select
        as_of,
        lead(as_of) over (order by as_of) as next_night
    from (select distinct as_of from account_nights)
),

not_judged as (
    select
        failed.control_id,
        account_nights.account_id,
        'global' as region,
        any_account.next_night as from_as_of,
        coalesce(account_nights.next_judged - 1, getvariable('as_of')) as to_as_of,
        account_nights.next_judged
    from account_nights
    inner join any_account using (as_of)
    inner join (select distinct control_id, account_id from failed) as failed using (account_id)
    where any_account.next_night is distinct from account_nights.next_judged
),

-- Where the data of an account could not be read, one unknown on the account stands for all of the control's findings.
unread as (
    select
        control_id,
        account_id,
        region,
        from_as_of,
        to_as_of,
        next_night
    from spans
    where verdict = 'unknown' and contains(resource, ':organizations:') and ends_with(resource, '/' || account_id)
    union all
    select
        not_judged.* exclude (next_judged),
        nights.as_of as next_night
    from not_judged
    asof left join nights on not_judged.control_id = nights.control_id and not_judged.next_judged <= nights.as_of
),

absences as (
    select
        *,
        next_night as first_night
    from failing
    where next_night is distinct from next_from and next_night is not null
),

possibly_gone as (
    select * from absences
    union all
    select absences.* replace (unread.next_night as first_night)
    from absences
    inner join unread
        on absences.control_id = unread.control_id and absences.account_id = unread.account_id
        and absences.first_night < unread.next_night
        and (absences.next_from is null or unread.next_night < absences.next_from)
),

gone as (
    select
        control_id,
        account_id,
        region,
        resource,
        min(first_night) as as_of
    from possibly_gone
    where not exists (
        from unread
        where
            unread.control_id = possibly_gone.control_id
            and unread.account_id = possibly_gone.account_id
            and (unread.region in ('global', possibly_gone.region) or possibly_gone.region = 'global')
            and possibly_gone.first_night between unread.from_as_of and unread.to_as_of
    )
    group by control_id, account_id, region, resource, next_from
),

told as (
    select
        control_id,
        account_id,
        region,
        resource,
        from_as_of as as_of,
        to_as_of,
        verdict = 'fail' as is_fail
    from failing
    where verdict in ('fail', 'pass', 'not_applicable')
    union all by name
    select
        *,
        false as is_fail
    from gone
),

turns as (
    select
        *,
        is_fail and not coalesce(lag(is_fail) over finding, false) as is_opening,
        not is_fail and coalesce(lag(is_fail) over finding, false) as is_resolution
    from told
    window finding as (partition by control_id, account_id, region, resource order by as_of)
),

lives as (
    select
        control_id,
        account_id,
        region,
        resource,
        min(as_of) filter (is_fail) as first_failed,
        max(as_of) filter (is_opening) as opened,
        max(to_as_of) filter (is_fail) as last_seen,
        max(as_of) filter (is_resolution) as last_resolved,
        count(*) filter (is_opening) - 1 as times_reopened
    from turns
    group by control_id, account_id, region, resource
),

tonight as (
    from failing
    where to_as_of = getvariable('as_of')
)

select
    lives.control_id,
    controls.practice,
    lives.account_id,
    lives.region,
    lives.resource,
    lives.first_failed,
    lives.opened,
    lives.last_seen,
    if(lives.last_resolved > lives.opened, lives.last_resolved, null) as resolved_on,
    lives.times_reopened,
    case
        when lives.last_resolved > lives.opened then 'resolved'
        when tonight.verdict = 'fail' then 'open'
        when tonight.verdict = 'exempt' then 'exempt'
        when lives.account_id not in (select account_id from account_nights where as_of = getvariable('as_of'))
            then 'no longer judged'
        else 'unknown'
    end as state,
    if(tonight.verdict = 'fail', getvariable('as_of') - lives.opened, null) as age_days,
    resolved_on - lives.opened as days_to_resolve,
    lives.opened = greatest(first_nights.as_of, first_judged.as_of) as is_older
from lives
inner join control_catalog as controls on lives.control_id = controls.control_id
left join (select control_id, min(as_of) as as_of from nights group by control_id) as first_nights
    on lives.control_id = first_nights.control_id
left join (select account_id, min(as_of) as as_of from account_nights group by account_id) as first_judged
    on lives.account_id = first_judged.account_id
left join tonight
    on lives.control_id = tonight.control_id and lives.account_id = tonight.account_id
    and lives.region = tonight.region and lives.resource = tonight.resource
order by controls.practice, lives.control_id, lives.account_id, lives.region, lives.resource
