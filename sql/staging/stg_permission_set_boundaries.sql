/*
title = "Permissions boundaries of permission sets"
[columns]
boundary = "ARN of an AWS managed policy, or path and name of a policy of the accounts"
*/
select permission_set_arn, coalesce(policy_arn, policy_path || policy_name) as boundary
from raw_permission_set_boundaries
