/*
id = "BP07-02"
title = "Principals should not have AWSCloudShellFullAccess"
severity = "medium"
description = "Users, groups and roles, those of Identity Center included; service-linked roles cannot have it."
alone = ["groups", "roles", "users"]
why = "CloudShell with full access can transfer files in and out, past every network control."
fix = "Detach AWSCloudShellFullAccess; where CloudShell is needed, allow it without file transfer in a customer managed policy or permission set."
may_break = "People can no longer upload to or download from CloudShell."
frameworks = { cis_aws_7 = "2.20", security_hub = "IAM.27", prowler = "iam_policy_cloudshell_admin_not_attached", other = "Steampipe:iam_user_group_role_cloudshell_fullaccess_restricted; Fix:check_cloudshell_access_restricted" }

[evidence]
principal_type = "user, group or role"
policy_arn = "ARN of the policy"
*/
with
principals as (
    select account_id, 'user' as principal_type, arn from stg_users
    union all
    select account_id, 'group' as principal_type, arn from stg_groups
    union all
    select account_id, 'role' as principal_type, arn from stg_roles where not is_service_linked
),

attachments as (
    select distinct account_id, principal_arn, policy_arn
    from stg_policy_attachments
    where is_aws_managed and policy_name = 'AWSCloudShellFullAccess'
)

select
    principals.account_id,
    principals.arn as resource,
    if(
        attachments.policy_arn is null,
        pass(format('AWSCloudShellFullAccess is not attached to the {}.', principals.principal_type)),
        fail(format('AWSCloudShellFullAccess is attached to the {}.', principals.principal_type))
    ) as judged,
    to_json(struct_pack(principals.principal_type, attachments.policy_arn)) as evidence
from principals
left join attachments
    on principals.account_id = attachments.account_id and principals.arn = attachments.principal_arn
