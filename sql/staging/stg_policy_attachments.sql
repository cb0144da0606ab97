/*
title = "Managed policies attached to users, groups and roles"
[columns]
is_aws_managed = "Whether AWS keeps the policy"
*/
select
    account_id,
    principal_type,
    principal_name,
    principal_arn,
    policy_name,
    policy_arn,
    policy_arn glob 'arn:*:iam::aws:policy/*' as is_aws_managed
from raw_policy_attachments
semi join stg_expected_accounts using (account_id)
