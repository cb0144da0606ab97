/*
title = "Access keys of IAM users, by their ids"
[columns]
access_key_id = "Id of the key"
is_active = "Whether the key works"
*/
select account_id, user_name, access_key_id, status = 'Active' as is_active, created_at
from raw_access_keys
semi join stg_expected_accounts using (account_id)
