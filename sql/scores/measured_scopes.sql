/*
title = "What each account is measured with: the organization, itself, its owner, and every OU above it"
[columns]
level = "The level of account_counts that is added up: all, practice or control"
scope = "overall, account, owner, ou, practice, account and practice, ou and practice, or control"
subject = "Id of the account or OU, or the owner ('' for none); null where all accounts are measured together"
*/
with
accounts as (
    select account_id, ou_ids, coalesce(owner, '') as owner
    from int_accounts
    where is_expected
),

scopes as (
    select account_id, 'overall' as scope, 'practice' as scope_by_practice, null as subject
    from accounts
    union all
    select account_id, 'account', 'account and practice', account_id as subject
    from accounts
    union all
    select account_id, 'owner', null, owner
    from accounts
    union all
    select account_id, 'ou', 'ou and practice', unnest(ou_ids)
    from accounts
),

scopes_by_level as (
    select account_id, 'all' as level, scope, subject
    from scopes
    union all
    select account_id, 'practice', scope_by_practice, subject
    from scopes
    where scope_by_practice is not null
    union all
    select account_id, 'control', 'control', null
    from accounts
)

select *
from scopes_by_level
order by account_id, level, scope, subject
