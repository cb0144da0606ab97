/*
title = "OIDC providers"
[columns]
age_days = "Days since it was created"
*/
select
    account_id,
    arn,
    url,
    client_ids,
    thumbprints,
    created_at,
    days_since(created_at) as age_days
from raw_oidc_providers
semi join stg_expected_accounts using (account_id)
