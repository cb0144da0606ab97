/*
title = "Hosts outside AWS in ECS clusters"
[columns]
registered_days = "Days since it was registered"
*/
select
    account_id,
    region,
    container_instance_arn,
    cluster_arn,
    instance_id,
    is_agent_connected,
    registered_at,
    days_since(registered_at) as registered_days
from raw_ecs_external_instances
semi join stg_expected_accounts using (account_id)
