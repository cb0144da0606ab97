/*
title = "Policies generated from activity"
description = "Every job seen so far, once, as it last was seen: Access Analyzer itself forgets after 7 days."
[columns]
seen_on = "Night on which the job was last seen"
*/
select
    account_id,
    job_id,
    max(as_of) as seen_on,
    arg_max(principal_arn, as_of) as principal_arn,
    arg_max(status, as_of) as status,
    arg_max(started_at, as_of) as started_at,
    arg_max(completed_at, as_of) as completed_at
from raw_policy_generations
semi join stg_expected_accounts using (account_id)
group by account_id, job_id
