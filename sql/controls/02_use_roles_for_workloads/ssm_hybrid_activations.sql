/*
id = "BP02-12"
title = "SSM hybrid activations end soon and are used up, their roles are minimal, and their machines are alive"
severity = "medium"
description = "A finding for each activation that SSM still knows, and one for each machine outside AWS. An activation that has ended is judged by its role alone, where machines have it. The role is judged by the AWS managed policies attached and the actions of its own policies; resources, conditions, boundaries and Deny statements are not weighed."
why = "Whoever finds an open activation code registers a machine of his own and gets the role; a machine that nobody hears of still has it."
fix = "Delete activations with places left, give machines a role with AmazonSSMManagedInstanceCore alone, and deregister those that are gone."
may_break = "Machines that use the role for more than SSM lose that."

[params]
max_remaining_days = 30
max_open_days = 7
max_silent_days = 30
*/
with
activations as (
    select
        activations.*,
        not activations.is_expired or activations.registrations_count > 0 as is_role_in_use,
        coalesce(roles.is_missing, true) as is_missing,
        roles.beyond,
        roles.unread,
        activations.registration_limit - activations.registrations_count as places_left
    from stg_ssm_activations as activations
    left join int_ssm_activation_roles as roles
        on activations.account_id = roles.account_id and activations.role_name = roles.role_name
),

judged as (
    select
        *,
        concat_ws(
            '; ',
            case
                when is_expired then null
                when remaining_days is null then 'it has no end'
                when remaining_days > getvariable('max_remaining_days')
                    then format('it ends only in {} days', remaining_days)
            end,
            if(
                not is_expired and places_left > 0 and age_days > getvariable('max_open_days'),
                format('{} of {} places are open {} days after it was made', places_left, registration_limit, age_days),
                null
            ),
            if(
                is_role_in_use and is_missing,
                format('its role {} does not exist', coalesce(role_name, '(none)')), null
            ),
            if(
                is_role_in_use,
                format('its role {} goes beyond SSM''s core: {}', role_name, nullif(array_to_string(beyond, ', '), '')),
                null
            )
        ) as problems,
        if(is_role_in_use, nullif(array_to_string(unread, ', '), ''), null) as doubts
    from activations
),

final as (
    select
        account_id,
        region,
        arn as resource,
        case when problems <> '' then 'fail' when doubts is not null then 'unknown' else 'pass' end as verdict,
        format('Activation {}', activation_id) || case
            when problems <> '' then format(': {}.', problems)
            when doubts is not null then format(': policies of its role cannot be read: {}.', doubts)
            when is_expired then format(' ended on {}.', expires_at::date)
            else format(' ends in {} days, {} places open; its role is minimal.', remaining_days, places_left)
        end as reason,
        to_json(struct_pack(role_name, registration_limit, registrations_count, created_at, expires_at, beyond))
            as evidence
    from judged
    union all
    select
        account_id,
        region,
        arn,
        case
            when silent_days is null then 'unknown'
            when silent_days > getvariable('max_silent_days') then 'fail'
            else 'pass'
        end,
        case
            when silent_days is null then format('Nothing says when SSM last heard of {}.', instance_id)
            when last_ping_at is null
                then format('SSM never heard of {}, registered {} days ago.', instance_id, silent_days)
            else format('SSM last heard of {} {} days ago.', instance_id, silent_days)
        end,
        to_json(struct_pack(activation_id, ping_status, last_ping_at))
    from stg_ssm_managed_instances
)

select * from final
