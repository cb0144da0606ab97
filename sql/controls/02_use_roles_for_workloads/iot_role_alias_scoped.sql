/*
id = "BP02-09"
title = "AWS IoT role aliases should be short-lived, and their roles narrow and for devices only"
severity = "medium"
description = "The role's permissions are judged by the AWS managed policies attached to it, and by whether its own policies grant whole services on every resource; boundaries and Deny statements are not evaluated."
why = "A device's certificate is out in the field: anyone who has the device has the role behind the alias."
fix = "Let credentials last an hour at most, trust credentials.iot.amazonaws.com alone, and grant only the actions and resources that the devices use."
may_break = "Devices that do not renew their credentials in time lose them earlier."
frameworks = { other = "AWS IoT Device Defender: role alias checks" }

[params]
max_duration_seconds = 3600
device_services = ["credentials.iot.amazonaws.com"]
broad_policy_names = ["*FullAccess*", "PowerUserAccess", "AdministratorAccess*"]

[evidence]
role_arn = "ARN of its role"
credential_duration_seconds = "How long the credentials last, in seconds"
other_callers = "Who may assume the role beside devices"
broad_policies = "Its broad AWS managed policies"
wildcards = "Actions that its own policies grant on every resource: whole services, or all but some"
*/
with
broad as (
    select account_id, principal_arn, list(policy_name order by policy_name) as policies
    from stg_policy_attachments
    where
        principal_type = 'role' and is_aws_managed
        and len(list_filter(getvariable('broad_policy_names')::varchar[], lambda p: policy_name glob p)) > 0
    group by account_id, principal_arn
),

roles as (
    select
        callers.*,
        list_filter(
            callers.callers, lambda c: not list_contains(getvariable('device_services')::varchar[], c)
        ) as other_callers,
        coalesce(broad.policies, []) as broad_policies,
        coalesce(wildcards.wildcards, []) as wildcards,
        coalesce(wildcards.unreadable, []) as unreadable
    from int_role_callers as callers
    left join broad on callers.account_id = broad.account_id and callers.arn = broad.principal_arn
    left join int_role_wildcards as wildcards
        on callers.account_id = wildcards.account_id and callers.arn = wildcards.arn
),

facts as (
    select
        aliases.*,
        roles.malformed_reason,
        roles.other_callers,
        roles.broad_policies,
        roles.wildcards,
        roles.unreadable,
        concat_ws(
            '; ',
            if(
                credential_duration_seconds > getvariable('max_duration_seconds'),
                format('credentials last {} seconds', credential_duration_seconds), null
            ),
            if(roles.arn is null, 'its role does not exist', null),
            'its role also trusts ' || nullif(array_to_string(roles.other_callers, ', '), ''),
            'its role has ' || nullif(array_to_string(roles.broad_policies, ', '), ''),
            'its role''s own policies grant ' || nullif(array_to_string(roles.wildcards, ', '), '') || ' on everything'
        ) as problems
    from stg_iot_role_aliases as aliases
    left join roles on aliases.account_id = roles.account_id and aliases.role_arn = roles.arn
)

select
    account_id,
    region,
    arn as resource,
    case
        when problems <> '' then fail(format('{}: {}.', role_alias, problems))
        when malformed_reason is not null
            then unknown(format('{}: the trust policy of its role cannot be read: {}.', role_alias, malformed_reason))
        when len(unreadable) > 0 then unknown(format(
            '{}: policies of its role cannot be read: {}.', role_alias, array_to_string(unreadable, ', ')
        ))
        else pass(format(
            '{}: credentials last {} seconds, its role is narrow and for devices only.',
            role_alias, credential_duration_seconds
        ))
    end as judged,
    to_json(struct_pack(role_arn, credential_duration_seconds, other_callers, broad_policies, wildcards)) as evidence
from facts
