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
    days_until(expires_at) as remaining_days,
    is_expired,
    created_at,
    days_since(created_at) as age_days
from raw_ssm_activations
semi join stg_expected_accounts using (account_id)
