/*
title = "Accounts of the organization, closed ones too"
*/
select
    account_id,
    arn,
    name,
    email,
    state,
    joined_method,
    joined_at,
    parent_id,
    tags,
    is_management,
    is_in_scope
from raw_accounts
