/*
title = "Account aliases"
*/
select
    account_id,
    alias
from raw_account_aliases
semi join stg_expected_accounts using (account_id)
