/*
title = "Password policies"
description = "Accounts that never set one have no row."
*/
select
    account_id,
    minimum_password_length,
    requires_symbols,
    requires_numbers,
    requires_uppercase,
    requires_lowercase,
    password_reuse_prevention,
    max_password_age_days,
    users_may_change,
    is_hard_expiry
from raw_password_policies
semi join stg_expected_accounts using (account_id)
