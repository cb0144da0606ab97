/*
id = "BP14-05"
title = "The permission set that writes IAM carries a boundary, unless it is an approved administrator's"
severity = "medium"
scope = "organization"
description = "Judged on what the set's policies allow in some way: making users or roles, or giving them policies. Approved are the sets among the register's approved_administrators."
why = "Whoever may make roles and give them policies can make one that may do anything, and use it."
fix = "Set a permissions boundary on the permission set, or take the writes to IAM out of it; enter an administrators' set in the register, with an owner and an end."
may_break = "What the boundary does not allow stops working for the people with the set."
*/
with
organization as (select * from raw_organization),

register as (select * from stg_register where kind = 'approved_administrator'),

registered as (
    select
        organization.management_account_id as account_id,
        sets.*,
        boundaries.boundary,
        (
            select arg_max(register, (register.is_live, register.expires_on, register.entry)) from register
            where sets.permission_set_arn glob register.resource
        ) as entry
    from int_permission_sets as sets
    cross join organization
    left join stg_permission_set_boundaries as boundaries on sets.permission_set_arn = boundaries.permission_set_arn
),

judged as (select *, coalesce(entry.is_live, false) as is_approved from registered),

final as (
    select
        account_id,
        permission_set_arn as resource,
        case
            when is_approved then 'not_applicable'
            when boundary is not null and (len(iam_writes) > 0 or len(unreadable) > 0) then 'pass'
            when len(iam_writes) > 0 then 'fail'
            when len(unreadable) > 0 and is_assigned then 'unknown'
            else 'not_applicable'
        end as verdict,
        case
            when is_approved
                then format(
                    '{} is an approved administrators'' set; {} answers until {}.', name, entry.owner, entry.expires_on
                )
            when verdict = 'pass' then format('{} is bound by {}.', name, boundary)
            when verdict = 'fail'
                then format(
                    '{} may {} and has no boundary{}.',
                    name,
                    array_to_string(iam_writes, ', '),
                    coalesce(format('; its approval ended on {}', entry.expires_on), '')
                )
            when verdict = 'unknown'
                then format('What {} grants could not be read: {}.', name, array_to_string(unreadable, '; '))
            when not is_assigned then format('{} is assigned to nobody.', name)
            else format('{} does not write IAM.', name)
        end as reason,
        to_json(struct_pack(name, policy_names, iam_writes, boundary, unreadable, entry := entry.entry)) as evidence
    from judged
)

select * from final
