/*
id = "BP02-12"
title = "SSM hybrid activations should expire soon, be used up and carry minimal roles, and their machines should be alive"
severity = "medium"
description = "One finding for each activation that SSM still has, and one for each machine outside AWS. An expired activation is judged by its role alone, if machines use it. The role is judged by the AWS managed policies attached and the actions of its own policies; resources, conditions, boundaries and Deny statements are not evaluated."
why = "Anyone who finds an open activation code can register a machine and get the role; a machine that has gone silent still has it."
fix = "Delete activations with places left, give machines a role with AmazonSSMManagedInstanceCore alone, and deregister those that are gone."
may_break = "Machines that use the role for more than SSM lose that."

[params]
max_remaining_days = 30
max_open_days = 7
max_silent_days = 30

[evidence]
role_name = "Name of its role"
registration_limit = "How many nodes the activation may register"
registrations_count = "How many nodes it has registered"
created_at = "When it was made"
expires_at = "When it ends by itself; null for never"
beyond = "What its role may do beyond what Systems Manager needs"
activation_id = "Id of the activation that registered the node"
ping_status = "Whether Systems Manager hears of it"
last_ping_at = "When Systems Manager last heard of it"
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

facts as (
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
        if(is_role_in_use, nullif(array_to_string(unread, ', '), ''), null) as doubts,
        'Activation ' || activation_id as name
    from activations
)

select
    account_id,
    region,
    arn as resource,
    case
        when problems <> '' then fail(format('{}: {}.', name, problems))
        when doubts is not null then unknown(format('{}: policies of its role cannot be read: {}.', name, doubts))
        when is_expired then pass(format('{} ended on {}.', name, expires_at::date))
        else pass(format('{} ends in {} days, {} places open; its role is minimal.', name, remaining_days, places_left))
    end as judged,
    to_json(struct_pack(role_name, registration_limit, registrations_count, created_at, expires_at, beyond)) as evidence
from facts
union all
select
    account_id,
    region,
    arn,
    case
        when silent_days is null then unknown(format('Nothing says when SSM last heard of {}.', instance_id))
        else if(silent_days > getvariable('max_silent_days'), fail(heard), pass(heard))
    end,
    to_json(struct_pack(activation_id, ping_status, last_ping_at))
from (
    select
        *,
        if(
            last_ping_at is null,
            format('SSM never heard of {}, registered {} days ago.', instance_id, silent_days),
            format('SSM last heard of {} {} days ago.', instance_id, silent_days)
        ) as heard
    from stg_ssm_managed_instances
)
