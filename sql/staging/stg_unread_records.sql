/*
title = "Single records that could not be read, in accounts that were read"
description = "For controls whose verdict on something else rests on them."
*/
select account_id, region, dataset, resource
from raw_unread_records
semi join stg_expected_accounts using (account_id)
