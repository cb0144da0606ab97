/*
title = "ECS clusters"
[columns]
is_empty = "Whether it has neither services nor tasks nor hosts"
*/
select
    account_id,
    region,
    cluster_arn,
    active_services,
    running_tasks,
    container_instances,
    active_services + running_tasks + container_instances = 0 as is_empty
from raw_ecs_clusters
semi join stg_expected_accounts using (account_id)
