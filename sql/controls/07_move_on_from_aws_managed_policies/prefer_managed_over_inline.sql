/*
id = "BP07-03"
title = "Principals should not have inline policies"
severity = "low"
alone = ["groups", "roles", "users"]
why = "An inline policy has no versions, cannot be reused, and is missed in reviews of the account's policies."
fix = "Move its statements into a customer managed policy, attach that, and delete the inline policy."
frameworks = { other = "Config:IAM_NO_INLINE_POLICY_CHECK; Steampipe:iam_group_user_role_no_inline_policies; Scout:iam-group-with-inline-policies, iam-role-with-inline-policies, iam-inline-policy-for-role; c7n:*.has-inline-policy" }

[evidence]
principal_type = "user, group or role"
inline_policies = "Names of the inline policies"
*/
with
principals as (
    select account_id, 'user' as principal_type, arn, null as maker from stg_users
    union all
    select account_id, 'group' as principal_type, arn, null as maker from stg_groups
    union all
    select
        account_id,
        'role' as principal_type,
        arn,
        case
            when is_service_linked then 'an AWS service'
            when is_identity_center then 'IAM Identity Center'
        end as maker
    from stg_roles
),

inline_policies as (
    select account_id, principal_arn, list(policy_name order by policy_name) as names
    from stg_inline_policies
    group by account_id, principal_arn
)

select
    principals.account_id,
    principals.arn as resource,
    case
        when maker is not null then not_applicable(format('The policies of this role are kept by {}.', maker))
        when names is not null
            then fail(format('Inline policies on the {}: {}.', principal_type, array_to_string(names, ', ')))
        else pass(format('The {} has no inline policies.', principal_type))
    end as judged,
    to_json(struct_pack(principal_type, inline_policies := coalesce(names, []))) as evidence
from principals
left join inline_policies
    on principals.account_id = inline_policies.account_id and principals.arn = inline_policies.principal_arn
