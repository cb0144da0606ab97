/*
title = "Role aliases of AWS IoT"
*/
select
    account_id,
    region,
    role_alias,
    arn,
    role_arn,
    credential_duration_seconds
from raw_iot_role_aliases
semi join stg_expected_accounts using (account_id)
