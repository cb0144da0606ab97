/*
title = "IAM users of each account who can sign in to the console"
[columns]
users = "How many they are"
not_reported = "Users of whom the credential report could not be read"
*/
with
users as (select account_id, count(*) as users from stg_passwords group by account_id),

unread as (
    select account_id, count(distinct resource) as not_reported
    from stg_unread_records
    where dataset = 'credential_report' and resource not glob '*:root'
    group by account_id
)

select accounts.account_id, coalesce(users.users, 0) as users, coalesce(unread.not_reported, 0) as not_reported
from stg_expected_accounts as accounts
left join users on accounts.account_id = users.account_id
left join unread on accounts.account_id = unread.account_id
