/*
title = "Overall permissions of each user and role"
description = "fact_permissions for each principal, its own account in the place of that of the principal judged for all."
[columns]
permissions_sha256 = "Key of the principal's permissions in fact_permissions"
principal_type = "user or role"
keeper = "Who keeps the role where the account does not: an AWS service or IAM Identity Center"
held_back = "Whether it would be more of an administrator without its boundary"
at_most = "Whether it would be an administrator if it were given everything, for all its boundary and Denies"
admin = "Whether it administers its account: yes, depends (on conditions, or on what could not be read) or no"
*/
with
principals as (select * from int_permissions),

roles as (select * from stg_roles),

facts as (select * from fact_permissions)

select
    principals.account_id,
    principals.principal_type,
    principals.principal_arn,
    principals.principal_name,
    case
        when principals.is_service_linked then 'an AWS service'
        when roles.is_identity_center then 'IAM Identity Center'
    end as keeper,
    principals.boundary_arn,
    principals.permissions_sha256,
    facts.admin,
    facts.admin_level,
    facts.admin_conditions,
    facts.held_back,
    facts.at_most,
    replace(facts.admin_statements::varchar, facts.own_account, principals.account_id)::json as admin_statements,
    facts.unreadable,
    facts.unreadable_limits,
    facts.can_assume,
    facts.may_escalate,
    facts.iam_writes,
    replace(facts.unbounded_writes::varchar, facts.own_account, principals.account_id)::json as unbounded_writes,
    replace(facts.boundary_edits::varchar, facts.own_account, principals.account_id)::json as boundary_edits
from principals
inner join facts on principals.permissions_sha256 = facts.permissions_sha256
left join roles on principals.account_id = roles.account_id and principals.principal_arn = roles.arn
