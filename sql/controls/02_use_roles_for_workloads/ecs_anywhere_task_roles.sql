/*
id = "BP02-10"
title = "ECS Anywhere tasks should have task roles, and their hosts should be connected"
severity = "medium"
description = "Task definitions that an ECS service runs and that are meant for, or run on, hosts outside AWS; and those hosts. ECS does not say since when a host has been disconnected: SSM, which manages it too, has the time of its last ping."
why = "A task without a role uses the host's, which can register machines; a host that has gone silent still has its credentials."
fix = "Set a task role in the task definition; deregister hosts that are gone, from ECS and from SSM."
may_break = "A task that relied on its host's credentials needs those permissions in its task role."

[params]
max_silent_days = 30

[evidence]
task_role_arn = "Task role; null for none"
requires_compatibilities = "Where the task may run"
services = "ECS services that run the task definition"
instance_id = "Id of the managed instance"
is_agent_connected = "Whether the agent is connected"
registered_days = "Days since the host was registered"
last_ping_at = "When Systems Manager last heard of it"
*/
with
hosts as (
    select
        hosts.*,
        machines.last_ping_at,
        coalesce(machines.silent_days, hosts.registered_days) as unheard_days,
        hosts.instance_id || case
            when hosts.is_agent_connected then ' is connected.'
            when unheard_days is null then ' is not connected; nothing says since when.'
            when machines.instance_id is null
                then format(' is not connected, was registered {} days ago, and SSM does not know it.', unheard_days)
            else format(' is not connected; SSM last heard of it {} days ago.', unheard_days)
        end as reason
    from stg_ecs_external_instances as hosts
    left join stg_ssm_managed_instances as machines
        on hosts.account_id = machines.account_id
        and hosts.region = machines.region
        and hosts.instance_id = machines.instance_id
)

select
    account_id,
    region,
    task_definition_arn as resource,
    if(
        task_role_arn is null,
        fail(split_part(task_definition_arn, '/', -1) || ' runs outside AWS without a task role.'),
        pass(format(
            '{} runs outside AWS with the role {}.',
            split_part(task_definition_arn, '/', -1), split_part(task_role_arn, '/', -1)
        ))
    ) as judged,
    to_json(struct_pack(task_role_arn, requires_compatibilities, services)) as evidence
from int_ecs_task_definitions
where is_external
union all
select
    account_id,
    region,
    container_instance_arn,
    case
        when is_agent_connected or unheard_days <= getvariable('max_silent_days') then pass(reason)
        when unheard_days is null then unknown(reason)
        else fail(reason)
    end,
    to_json(struct_pack(instance_id, is_agent_connected, registered_days, last_ping_at))
from hosts
