/*
title = "SAML providers"
[columns]
age_days = "Days since it was created"
valid_days = "Days until its metadata runs out; negative when it has"
*/
select
    account_id,
    arn,
    name,
    created_at,
    days_since(created_at) as age_days,
    valid_until,
    days_until(valid_until) as valid_days
from raw_saml_providers
semi join stg_expected_accounts using (account_id)
