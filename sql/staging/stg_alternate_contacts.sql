/*
title = "Alternate contacts"
*/
select
    account_id,
    contact_type,
    email
from raw_alternate_contacts
semi join stg_expected_accounts using (account_id)
