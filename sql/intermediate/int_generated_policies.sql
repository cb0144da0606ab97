/*
title = "The newest policy that Access Analyzer generated for each user and role"
[columns]
principal_arn = "Role or user that the policy is for"
completed_at = "When the job ended (UTC)"
is_complete = "Whether it holds all actions that AWS could tell from the trail"
policies = "The policies as JSON text"
*/
select
    account_id,
    principal_arn,
    arg_max(job_id, (completed_at, as_of, job_id)) as job_id,
    max(completed_at) as completed_at,
    arg_max(is_complete, (completed_at, as_of, job_id)) as is_complete,
    arg_max(policies, (completed_at, as_of, job_id)) as policies
from raw_generated_policies
semi join stg_expected_accounts using (account_id)
group by account_id, principal_arn
