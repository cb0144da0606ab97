/*
id = "BP07-01"
title = "Workload roles should not have broad or deprecated AWS managed policies"
severity = "medium"
settles_unread = ["role_session_durations"]
description = "Roles that a compute service may assume. Broad are *FullAccess, PowerUserAccess and AdministratorAccess; deprecated are policies that AWS no longer lets anyone attach. The evidence has the account's share of AWS managed policies among all attachments, and those of the role that AWS changed within a day, and the template that IAM role manager made the role from."
why = "An AWS managed policy is written for every customer at once: anyone who takes over the workload gets a whole service or more, and AWS may widen it overnight."
fix = "Replace the policy with a customer managed one that has the actions the workload uses; Access Analyzer can generate it from its activity."
may_break = "The workload loses what the new policy leaves out: try it outside production first."
frameworks = { prowler = "bedrock_full_access_policy_attached", other = "Steampipe:iam_managed_policy_attached_to_role, iam_custom_managed_policy_attached_to_role; Config:IAM_ROLE_MANAGED_POLICY_CHECK" }

[evidence]
services = "Services that may assume the role"
broad_policies = "Its broad AWS managed policies"
deprecated_policies = "Its AWS managed policies that AWS has withdrawn"
aws_managed_policies = "Its AWS managed policies"
changed_by_aws = "Those that AWS changed within a day"
account_aws_managed_percent = "Share of AWS managed policies among all attachments of the account, in percent"
role_template = "Template that IAM role manager made the role from; null for none"
*/
with
shares as (
    select
        account_id,
        round(100.0 * count(*) filter (where is_aws_managed) / count(*), 1) as aws_managed_percent
    from stg_policy_attachments
    group by account_id
),

changes as (
    select
        attachments.account_id,
        attachments.principal_arn,
        list(attachments.policy_name order by attachments.policy_name) as changed_by_aws
    from stg_policy_attachments as attachments
    inner join stg_policies as policies
        on attachments.account_id = policies.account_id and attachments.policy_arn = policies.arn
    where attachments.is_aws_managed and policies.unchanged_days <= 1
    group by attachments.account_id, attachments.principal_arn
)

select
    roles.account_id,
    roles.arn as resource,
    case
        when roles.unsure is not null then unknown(roles.unsure)
        when len(roles.broad_policies) + len(roles.deprecated_policies) > 0 then fail(format(
            '{}; assumed by {}{}.',
            concat_ws(
                '; ',
                'Broad: ' || nullif(array_to_string(roles.broad_policies, ', '), ''),
                'Deprecated: ' || nullif(array_to_string(roles.deprecated_policies, ', '), '')
            ),
            array_to_string(roles.services, ', '),
            coalesce('; made by IAM role manager from ' || sessions.role_template_arn, '')
        ))
        when len(roles.unread_policies) > 0 then unknown(format(
            'Whether AWS has withdrawn {} is not known: it could not be read.',
            array_to_string(roles.unread_policies, ', ')
        ))
        else pass(format(
            'AWS managed policies on the role: {}, none broad or deprecated.', len(roles.aws_managed_policies)
        ))
    end as judged,
    to_json(struct_pack(
        services := roles.services, broad_policies := roles.broad_policies,
        deprecated_policies := roles.deprecated_policies, aws_managed_policies := roles.aws_managed_policies,
        role_template := sessions.role_template_arn,
        changed_by_aws := coalesce(changes.changed_by_aws, []),
        account_aws_managed_percent := shares.aws_managed_percent
    )) as evidence
from int_workload_roles as roles
left join shares on roles.account_id = shares.account_id
left join changes on roles.account_id = changes.account_id and roles.arn = changes.principal_arn
left join stg_role_sessions as sessions on roles.account_id = sessions.account_id and roles.arn = sessions.arn
