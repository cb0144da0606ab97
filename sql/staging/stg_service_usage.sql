/*
title = "Services that each user and role may use, and when it last did"
description = "By AWS's last accessed information, which looks back 400 days. Reports are at most seven nights old."
[columns]
service = "Service, as the prefix of its actions"
unused_days = "Days since it was last used; null for never"
*/
select
    account_id,
    arn,
    service,
    last_accessed_at,
    last_accessed_region,
    days_since(last_accessed_at) as unused_days
from raw_service_last_accessed
semi join stg_expected_accounts using (account_id)
