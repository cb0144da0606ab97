/*
title = "Hybrid activations of SSM"
[columns]
age_days = "Days since it was made"
remaining_days = "Days until it ends; null where AWS gives no end"
*/
select
    account_id,
    region,
    activation_id,
    arn,
    role_name,
    registration_limit,
    registrations_count,
    expires_at,
    expires_at::date - getvariable('as_of') as remaining_days,
    is_expired,
    created_at,
    getvariable('as_of') - created_at::date as age_days
from raw_ssm_activations
semi join stg_expected_accounts using (account_id)
