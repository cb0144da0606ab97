/*
title = "Server certificates"
[columns]
valid_days = "Days until it expires; negative when it has"
*/
select
    account_id,
    server_certificate_name,
    server_certificate_id,
    arn,
    path,
    uploaded_at,
    expires_at,
    days_until(expires_at) as valid_days
from raw_server_certificates
semi join stg_expected_accounts using (account_id)
