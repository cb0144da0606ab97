/*
title = "Managed policies attached to users, groups and roles"
[columns]
account_id = "Id of the account"
principal_type = "user, group or role"
principal_name = "Name of the user, group or role"
principal_arn = "ARN of the user, group or role"
policy_name = "Name of the managed policy"
policy_arn = "ARN of the managed policy"
is_aws_managed = "Whether AWS keeps the policy"
*/
select
    account_id,
    principal_type,
    principal_name,
    principal_arn,
    policy_name,
    policy_arn,
    is_aws_managed
from stg_policy_attachments
order by account_id, principal_type, principal_arn, policy_arn
