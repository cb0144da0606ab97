/*
title = "Granted and used access of every user and role"
description = "The rows of least_privilege, before the fact that makes a smaller policy of the worst."
params = { used_days = 90, proposals = 200 }
[columns]
account_id = "Account of the principal"
rank = "Place among all principals, those without a weight last"
place = "Place among all, the worst first; null where data_status is not known"
arn = "ARN of the user or role"
principal_type = "user or role"
name = "Name of the user or role"
data_status = "known, too_new (younger than used_days), unknown (no data) or not_applicable (kept by an AWS service, or approved)"
data_reason = "Why data_status is not known"
read_on = "Night on which AWS made the report; null where there is none"
granted_services = "Services that its policies allow something of; null where that is not known"
used_services = "Those of them that it used in used_days"
unused_services = "Those of them that it did not"
services_in_use = "Names of used_services"
services_not_used = "Names of unused_services"
used_percent = "Share of the granted services that is used, in percent"
granted_actions = "Known actions that its policies allow"
used_actions = "Actions used in used_days, of those that AWS tracks"
unused_actions = "Granted actions of services that are not used, and tracked ones of used services that are not"
last_used_on = "Day on which it last used any service; null for never in AWS's memory"
is_admin = "Whether it administers its account: yes, depends (on conditions or on what could not be read) or no"
sensitive_actions = "Granted actions that read data or return credentials"
escalation_paths = "Paths of escalation open to it"
weight = "How much it is granted and does not use, times what that could do; null where data_status is not known"
has_proposal = "Whether policy_proposals has a row for it"
used_days = "Length of the time looked back upon, in days"
*/
with
principals as (
    select
        permissions.*,
        coalesce(users.age_days, roles.age_days) as age_days
    from int_principal_permissions as permissions
    left join stg_users as users
        on permissions.account_id = users.account_id and permissions.principal_arn = users.arn
    left join stg_roles as roles
        on permissions.account_id = roles.account_id and permissions.principal_arn = roles.arn
),

services as (
    select
        account_id,
        arn,
        count(*) as granted_services,
        list(service order by service) filter (where unused_days <= getvariable('used_days')) as services_in_use,
        list(service order by service) filter (
            where coalesce(unused_days > getvariable('used_days'), true)
        ) as services_not_used,
        max(last_accessed_at)::date as last_used_on
    from stg_service_usage
    group by account_id, arn
),

used_actions as (
    select
        account_id,
        arn,
        service,
        count(*) as used_actions
    from stg_action_usage
    where unused_days <= getvariable('used_days')
    group by account_id, arn, service
),

sets as (
    select
        permissions_sha256,
        sum(actions)::bigint as actions,
        sum(sensitive_actions)::bigint as sensitive_actions
    from fact_grants
    group by permissions_sha256
),

-- In a service that is used, only tracked actions can be known as unused; in any other, all actions are.
in_use as (
    select
        usage.account_id,
        usage.arn,
        sum(grants.actions - greatest(grants.tracked_actions - coalesce(used.used_actions, 0), 0))::bigint as actions
    from stg_service_usage as usage
    inner join principals on usage.account_id = principals.account_id and usage.arn = principals.principal_arn
    inner join fact_grants as grants
        on principals.permissions_sha256 = grants.permissions_sha256 and usage.service = grants.service
    left join used_actions as used
        on usage.account_id = used.account_id and usage.arn = used.arn and usage.service = used.service
    where usage.unused_days <= getvariable('used_days')
    group by usage.account_id, usage.arn
),

used as (
    select
        used_actions.account_id,
        used_actions.arn,
        sum(used_actions.used_actions)::bigint as actions
    from used_actions
    inner join principals
        on used_actions.account_id = principals.account_id and used_actions.arn = principals.principal_arn
    semi join fact_grants as grants
        on principals.permissions_sha256 = grants.permissions_sha256 and used_actions.service = grants.service
    group by used_actions.account_id, used_actions.arn
),

escalations as (
    select
        account_id,
        principal_arn,
        count(*) as paths
    from fact_escalations
    where is_certain
    group by account_id, principal_arn
),

approved as (select * from int_approved_administrators where is_live),

unread as (
    select
        account_id,
        any_value(concat_ws(': ', operation, message)) as reason
    from raw_extracts
    where dataset = 'last_accessed_reads' and status = 'failed'
    group by account_id
),

told as (
    select
        principals.account_id,
        principals.principal_arn as arn,
        principals.principal_type,
        principals.principal_name as name,
        principals.admin as is_admin,
        reads.read_on,
        services.last_used_on,
        case
            when principals.keeper = 'an AWS service' or approved.owner is not null then 'not_applicable'
            when not coalesce(reads.is_complete, false) then 'unknown'
            when coalesce(principals.age_days < getvariable('used_days'), false) then 'too_new'
            else 'known'
        end as data_status,
        case
            when principals.keeper = 'an AWS service' then 'Kept by an AWS service: not for the account to change.'
            when approved.owner is not null
                then format('Approved as an administrator by {} until {}.', approved.owner, approved.expires_on)
            when reads.is_complete is null
                then coalesce(unread.reason, 'AWS was not asked for a report: the principal is gone, or new.')
            when not reads.is_complete
                then format('AWS could not make the report{}.', coalesce(': ' || reads.message, ''))
            when principals.age_days < getvariable('used_days')
                then format('Created {} days ago: too early to tell.', principals.age_days)
        end as data_reason,
        if(reads.is_complete, coalesce(services.granted_services, 0), null) as granted_services,
        if(reads.is_complete, coalesce(services.services_in_use, []), null) as services_in_use,
        if(reads.is_complete, coalesce(services.services_not_used, []), null) as services_not_used,
        coalesce(sets.actions, 0) as granted_actions,
        if(reads.is_complete, coalesce(used.actions, 0), null) as used_actions,
        if(reads.is_complete, coalesce(sets.actions, 0) - coalesce(in_use.actions, 0), null) as unused_actions,
        coalesce(sets.sensitive_actions, 0) as sensitive_actions,
        coalesce(escalations.paths, 0) as escalation_paths
    from principals
    left join stg_usage_reads as reads
        on principals.account_id = reads.account_id and principals.principal_arn = reads.arn
    left join services
        on principals.account_id = services.account_id and principals.principal_arn = services.arn
    left join sets on principals.permissions_sha256 = sets.permissions_sha256
    left join in_use on principals.account_id = in_use.account_id and principals.principal_arn = in_use.arn
    left join used on principals.account_id = used.account_id and principals.principal_arn = used.arn
    left join escalations
        on
            principals.account_id = escalations.account_id
            and principals.principal_arn = escalations.principal_arn
    left join approved
        on principals.principal_arn = approved.principal_arn
    left join unread on principals.account_id = unread.account_id
),

weighed as (
    select
        *,
        if(
            data_status = 'known',
            round(
                log2(1 + unused_actions) * (
                    1
                    + case is_admin when 'yes' then 8 when 'depends' then 4 else 0 end
                    + least(escalation_paths, 4)
                    + least(sensitive_actions, 8) / 4
                ),
                2
            ),
            null
        ) as weight
    from told
),

placed as (
    select
        *,
        row_number() over (order by weight desc nulls last, account_id, arn) as rank
    from weighed
)

select
    rank,
    if(weight is null, null, rank) as place,
    account_id,
    arn,
    principal_type,
    name,
    data_status,
    data_reason,
    read_on,
    granted_services,
    len(services_in_use) as used_services,
    len(services_not_used) as unused_services,
    services_in_use,
    services_not_used,
    round(100 * len(services_in_use) / nullif(granted_services, 0), 1) as used_percent,
    granted_actions,
    used_actions,
    unused_actions,
    last_used_on,
    is_admin,
    sensitive_actions,
    escalation_paths,
    weight,
    coalesce(rank <= getvariable('proposals') and weight > 0, false) as has_proposal,
    getvariable('used_days')::bigint as used_days
from placed
order by rank
