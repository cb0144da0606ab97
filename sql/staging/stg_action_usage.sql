/*
title = "Tracked actions that each user and role has used, and when it last did"
description = "By AWS's last accessed information, on management actions only. Reports are at most seven nights old."
[columns]
service = "Service, as the prefix of its actions"
action = "The action with that prefix"
unused_days = "Days since it was last used"
*/
select
    account_id,
    arn,
    service,
    service || ':' || action as action,
    last_accessed_at,
    days_since(last_accessed_at) as unused_days
from raw_action_last_accessed
semi join stg_expected_accounts using (account_id)
