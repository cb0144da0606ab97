/*
title = "Console access control of the accounts"
[columns]
document = "The account's sign-in policy, in the form of IAM policies; null for none and where it cannot be read"
is_malformed = "Whether there is a policy that cannot be read"
*/
select
    account_id,
    is_enabled,
    applies_to,
    try_cast(document as json) as document,
    document is not null and try_cast(document as json) is null as is_malformed
from raw_console_access
semi join stg_expected_accounts using (account_id)
