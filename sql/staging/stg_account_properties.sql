/*
title = "Account-wide settings of IAM"
*/
select
    account_id,
    property,
    value
from raw_account_properties
semi join stg_expected_accounts using (account_id)
