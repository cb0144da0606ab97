/*
title = "What to do with each active access key, the most urgent first"
params = { max_age_days = 90, unused_days = 45 }
[columns]
advice = "deactivate, replace or keep"
advice_reason = "Why"
*/
with
keys as (
    select *
    from stg_credentials
    where kind = 'access key' and is_active
)

select
    account_id,
    user_name,
    credential,
    age_days,
    unused_days,
    last_used_service,
    owner,
    case
        when is_root or coalesce(unused_days, age_days) > getvariable('unused_days') then 'deactivate'
        when age_days > getvariable('max_age_days') then 'replace'
        else 'keep'
    end as advice,
    case
        when is_root then 'The root user needs no access key.'
        when last_used_at is null and age_days > getvariable('unused_days')
            then format('Never used in the {} days that it exists.', age_days)
        when unused_days > getvariable('unused_days') then format('Not used for {} days.', unused_days)
        when age_days > getvariable('max_age_days') then format('{} days old and in use.', age_days)
        else 'Young and in use.'
    end as advice_reason
from keys
order by array_position(['deactivate', 'replace', 'keep'], advice), age_days desc, account_id, user_name, credential
