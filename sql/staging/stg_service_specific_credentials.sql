/*
title = "Service-specific credentials"
[columns]
is_active = "Whether it works"
age_days = "Days since it was made"
*/
select
    account_id,
    user_name,
    service_name,
    credential_id,
    status = 'Active' as is_active,
    created_at,
    days_since(created_at) as age_days,
    expires_at
from raw_service_specific_credentials
semi join stg_expected_accounts using (account_id)
