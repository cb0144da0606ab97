/*
title = "Instance profiles"
[columns]
age_days = "Days since it was created"
*/
select
    account_id,
    instance_profile_name,
    arn,
    path,
    created_at,
    days_since(created_at) as age_days,
    role_names
from raw_instance_profiles
semi join stg_expected_accounts using (account_id)
