/*
title = "Effective policies of accounts that AWS calls invalid"
*/
select account_id, policy_type, error_codes, contributing_policies
from raw_invalid_effective_policies
semi join stg_expected_accounts using (account_id)
