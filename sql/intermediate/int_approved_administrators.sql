/*
title = "Users, roles and permission sets that the register approves as administrators, or once did"
description = "One row a resource: of several entries that fit it, a live one before an ended one, then the one that lasts longest."
[columns]
account_id = "Account of the user or role; null for a permission set"
resource = "ARN of the user, role or permission set"
entry = "The entry that speaks of it"
*/
with
register as (select * from stg_register where kind = 'approved_administrator'),

resources as (
    select account_id, principal_arn as resource from int_permissions
    union all
    select null, permission_set_arn from stg_permission_sets
)

select
    resources.account_id,
    resources.resource,
    unnest(arg_max(
        {
            entry: register.entry,
            owner: register.owner,
            expires_on: register.expires_on,
            is_live: register.is_live
        },
        (register.is_live, register.expires_on, register.entry)
    ))
from resources
inner join register
    on
        (resources.account_id is null or coalesce(register.account_id, resources.account_id) = resources.account_id)
        and resources.resource glob register.resource
group by resources.account_id, resources.resource
