/*
title = "Whether the telephone number of each account's primary contact is verified"
*/
select account_id, phone_verification
from raw_contact_information
semi join stg_expected_accounts using (account_id)
