/*
id = "BP14-05"
title = "The permission set that writes IAM carries a boundary, unless it is an approved administrator's"
practice = 14
severity = "medium"
scope = "organization"
description = "Judged on what the set's policies allow in some way: making users or roles, or giving them policies. Approved sets are named in approved_admin_sets."
why = "Whoever may make roles and give them policies can make one that may do anything, and use it."
fix = "Set a permissions boundary on the permission set, or take the writes to IAM out of it."
may_break = "What the boundary does not allow stops working for the people with the set."
params = { approved_admin_sets = ["AdministratorAccess"] }
*/
with
organization as (select * from raw_organization),

judged as (
    select
        organization.management_account_id as account_id,
        sets.*,
        boundaries.boundary,
        list_contains(getvariable('approved_admin_sets')::varchar[], sets.name) as is_approved
    from stg_permission_sets as sets
    cross join organization
    left join stg_permission_set_boundaries as boundaries on sets.permission_set_arn = boundaries.permission_set_arn
),

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
            when is_approved then format('{} is an approved administrators'' set.', name)
            when verdict = 'pass' then format('{} is bound by {}.', name, boundary)
            when verdict = 'fail'
                then format('{} may {} and has no boundary.', name, array_to_string(iam_writes, ', '))
            when verdict = 'unknown'
                then format('What {} grants could not be read: {}.', name, array_to_string(unreadable, '; '))
            when not is_assigned then format('{} is assigned to nobody.', name)
            else format('{} does not write IAM.', name)
        end as reason,
        to_json(struct_pack(name, policy_names, iam_writes, boundary, unreadable)) as evidence
    from judged
)

select * from final
