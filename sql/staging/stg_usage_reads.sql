/*
title = "For each user and role, the report on its use of services"
[columns]
read_on = "Night on which AWS made it"
is_complete = "Whether AWS could make it"
message = "Why not"
*/
select account_id, arn, read_on, status = 'COMPLETED' as is_complete, message
from raw_last_accessed_reads
semi join stg_expected_accounts using (account_id)
