/*
title = "Longest session of each role"
*/
select account_id, role_name, arn, max_session_duration_seconds
from raw_role_session_durations
semi join stg_expected_accounts using (account_id)
