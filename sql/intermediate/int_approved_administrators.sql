/*
title = "Users and roles that the register approves as administrators, or once did"
description = "One row a principal: of several entries that fit it, a live one before an ended one, then the one that lasts longest."
[columns]
account_id = "Id of the account"
entry = "The entry of the register"
*/
with
register as (select * from stg_register where kind = 'approved_administrator')

select
    principals.account_id,
    principals.principal_arn,
    unnest(arg_max(
        {
            entry: register.entry,
            owner: register.owner,
            expires_on: register.expires_on,
            is_live: register.is_live
        },
        (register.is_live, register.expires_on, register.entry)
    ))
from int_permissions as principals
inner join register
    on
        coalesce(register.account_id, principals.account_id) = principals.account_id
        and principals.principal_arn glob register.resource
group by principals.account_id, principals.principal_arn
