/*
title = "Assignments of permission sets"
description = "Who may use which permission set in which account, with what the identity store knows of them."
[columns]
account_id = "Account that the assignment opens"
permission_set_name = "Name of the permission set"
principal_name = "Name of the user or group; null where the identity store does not have it"
is_known = "Whether the identity store has the user or group"
is_disabled = "Whether it is a user who may not sign in"
without_external_id = "Users that it reaches, by themselves or in the group, whom no identity provider sent"
*/
with
reached as (
    select 'USER' as principal_type, user_id as principal_id, user_id from raw_identity_store_users
    union all
    select 'GROUP', group_id, user_id from raw_identity_store_memberships
),

homemade as (
    select
        reached.principal_type,
        reached.principal_id,
        list_sort(list(distinct coalesce(users.user_name, users.user_id))) as user_names
    from reached
    inner join raw_identity_store_users as users on reached.user_id = users.user_id
    where not users.has_external_id and users.status is distinct from 'DISABLED'
    group by reached.principal_type, reached.principal_id
)

select
    assignments.target_account_id as account_id,
    assignments.permission_set_arn,
    sets.name as permission_set_name,
    assignments.principal_type,
    assignments.principal_id,
    coalesce(users.user_name, groups.display_name) as principal_name,
    coalesce(users.user_id, groups.group_id) is not null as is_known,
    coalesce(users.status = 'DISABLED', false) as is_disabled,
    coalesce(homemade.user_names, []) as without_external_id
from stg_permission_set_assignments as assignments
inner join stg_permission_sets as sets on assignments.permission_set_arn = sets.permission_set_arn
left join raw_identity_store_users as users
    on assignments.principal_type = 'USER' and assignments.principal_id = users.user_id
left join raw_identity_store_groups as groups
    on assignments.principal_type = 'GROUP' and assignments.principal_id = groups.group_id
left join homemade
    on assignments.principal_type = homemade.principal_type and assignments.principal_id = homemade.principal_id
