/*
title = "The accounts of the organization, and whether they could be read"
[columns]
ou_id = "Id of the organizational unit, or of the root, that the account is in"
name = "Name of the account"
read_status = "read, partly read, not read, out of scope or not active"
read_reason = "The first call that failed"
*/
with
reading as (
    select
        account_id,
        bool_and(status = 'ok') as is_read,
        bool_or(status = 'ok') as is_partly_read,
        min_by(
            format('{} failed ({})', operation, error_class), (operation, dataset)
        ) filter (status <> 'ok') as read_reason
    from raw_extracts
    group by account_id
)

select
    accounts.account_id,
    accounts.name,
    accounts.email,
    accounts.state,
    accounts.parent_id as ou_id,
    accounts.ou_path,
    accounts.owner,
    accounts.environment,
    accounts.tags,
    accounts.is_management,
    accounts.is_in_scope,
    case
        when accounts.state <> 'ACTIVE' then 'not active'
        when not accounts.is_in_scope then 'out of scope'
        when reading.is_read then 'read'
        when reading.is_partly_read then 'partly read'
        else 'not read'
    end as read_status,
    reading.read_reason
from int_accounts as accounts
left join reading using (account_id)
order by accounts.account_id
