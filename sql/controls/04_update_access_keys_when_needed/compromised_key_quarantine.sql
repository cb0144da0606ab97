/*
id = "BP04-06"
title = "Principals should not carry the policy by which AWS quarantines exposed keys"
severity = "critical"
description = "Every IAM user is judged, and any group or role that carries the policy."
why = "AWS attaches the policy when it finds the user's key in public: somebody else may have it now."
fix = "Deactivate and replace the key, review in CloudTrail what it did, answer AWS's support case, then detach the policy."

[evidence]
principal_type = "user, group or role"
policies = "Quarantine policies that it carries"
*/
with
quarantines as (
    select
        account_id,
        principal_type,
        principal_name,
        principal_arn,
        list(policy_name order by policy_name) as policies
    from stg_policy_attachments
    where is_aws_managed and policy_name glob 'AWSCompromisedKeyQuarantine*'
    group by account_id, principal_type, principal_name, principal_arn
),

principals as (
    select account_id, 'user' as principal_type, user_name as principal_name, arn as principal_arn from stg_users
    union
    select account_id, principal_type, principal_name, principal_arn from quarantines
)

select
    principals.account_id,
    principals.principal_arn as resource,
    if(
        quarantines.policies is null,
        pass(format('{} carries no quarantine policy.', principals.principal_name)),
        fail(format(
            'The {} {} carries {}.',
            principals.principal_type, principals.principal_name, array_to_string(quarantines.policies, ', ')
        ))
    ) as judged,
    to_json(struct_pack(principals.principal_type, policies := coalesce(quarantines.policies, []))) as evidence
from principals
left join quarantines
    on principals.account_id = quarantines.account_id and principals.principal_arn = quarantines.principal_arn
