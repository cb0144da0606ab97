/*
id = "BP02-10"
title = "ECS Anywhere tasks have task roles, and their hosts are alive"
severity = "medium"
description = "Task definitions that an ECS service runs and that are meant for, or run on, hosts outside AWS; and those hosts. ECS does not say since when a host is silent: SSM, which manages it too, says when it last heard of it."
why = "A task without a role takes the host's, which registers machines; a host that nobody hears of still has its credentials."
fix = "Set a task role in the task definition; deregister hosts that are gone, from ECS and from SSM."
may_break = "A task that lived on its host's credentials needs those permissions in its task role."

[params]
max_silent_days = 30
*/
with
definitions as (select * from int_ecs_task_definitions where is_external),

hosts as (
    select
        hosts.account_id,
        hosts.region,
        hosts.container_instance_arn,
        hosts.instance_id,
        hosts.is_agent_connected,
        hosts.registered_days,
        machines.last_ping_at,
        machines.instance_id is null as is_unknown_to_ssm,
        coalesce(machines.silent_days, hosts.registered_days) as silent_days
    from stg_ecs_external_instances as hosts
    left join stg_ssm_managed_instances as machines
        on hosts.account_id = machines.account_id
        and hosts.region = machines.region
        and hosts.instance_id = machines.instance_id
),

final as (
    select
        account_id,
        region,
        task_definition_arn as resource,
        if(task_role_arn is null, 'fail', 'pass') as verdict,
        split_part(task_definition_arn, '/', -1) || if(
            task_role_arn is null,
            ' runs outside AWS without a task role.',
            format(' runs outside AWS with the role {}.', split_part(task_role_arn, '/', -1))
        ) as reason,
        to_json(struct_pack(task_role_arn, requires_compatibilities, services)) as evidence
    from definitions
    union all
    select
        account_id,
        region,
        container_instance_arn,
        case
            when is_agent_connected or silent_days <= getvariable('max_silent_days') then 'pass'
            when silent_days is null then 'unknown'
            else 'fail'
        end,
        instance_id || case
            when is_agent_connected then ' is connected.'
            when silent_days is null then ' is not connected; nothing says since when.'
            when is_unknown_to_ssm
                then format(' is not connected, was registered {} days ago, and SSM does not know it.', silent_days)
            else format(' is not connected; SSM last heard of it {} days ago.', silent_days)
        end,
        to_json(struct_pack(instance_id, is_agent_connected, registered_days, last_ping_at))
    from hosts
)

select * from final
