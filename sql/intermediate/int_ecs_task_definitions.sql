/*
title = "Task definitions that ECS services run"
[columns]
region = "Region of the task definition"
task_definition_arn = "ARN of the task definition"
services = "ARNs of the services that run it"
is_external = "Whether it is meant for hosts outside AWS, or runs on such"
*/
with
services as (
    select
        account_id,
        region,
        task_definition_arn,
        list(service_arn order by service_arn) as services,
        coalesce(bool_or(launch_type = 'EXTERNAL'), false) as runs_outside
    from raw_ecs_services
    group by account_id, region, task_definition_arn
)

select
    definitions.account_id,
    definitions.region,
    definitions.task_definition_arn,
    definitions.task_role_arn,
    definitions.requires_compatibilities,
    definitions.has_aws_key_variable,
    definitions.aws_key_variables,
    coalesce(services.services, []) as services,
    list_contains(definitions.requires_compatibilities, 'EXTERNAL') or coalesce(services.runs_outside, false)
        as is_external
from raw_ecs_task_definitions as definitions
semi join stg_expected_accounts on definitions.account_id = stg_expected_accounts.account_id
left join services using (account_id, region, task_definition_arn)
