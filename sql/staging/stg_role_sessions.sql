/*
title = "Longest session of each role, and the template that a console made it from"
*/
select account_id, role_name, arn, max_session_duration_seconds, role_template_arn
from raw_role_session_durations
semi join stg_expected_accounts using (account_id)
