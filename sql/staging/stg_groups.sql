/*
title = "IAM groups"
[columns]
age_days = "Days since it was created"
*/
select
    account_id,
    group_name,
    group_id,
    arn,
    path,
    created_at,
    days_since(created_at) as age_days
from raw_groups
semi join stg_expected_accounts using (account_id)
