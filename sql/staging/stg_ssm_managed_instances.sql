/*
title = "Machines outside AWS that SSM manages"
[columns]
silent_days = "Days since SSM last heard of it, or since it registered where it never did"
*/
select
    account_id,
    region,
    instance_id,
    arn,
    activation_id,
    ping_status,
    last_ping_at,
    registered_at,
    days_since(coalesce(last_ping_at, registered_at)) as silent_days
from raw_ssm_managed_instances
semi join stg_expected_accounts using (account_id)
