/*
id = "BP06-07"
title = "IAM users should get their permissions through groups only"
severity = "low"
description = "No attached and no inline policy of their own, and in a group. One who holds nothing is not applicable. A permissions boundary is not a grant, nor is the policy by which AWS quarantines a key."
why = "Permissions attached to single users are forgotten when the person changes jobs; a group's are seen and reviewed together."
fix = "Put the policies on a group and the user into it, then detach the user's own."
may_break = "Attach the group's policies before detaching the user's, or the user loses access in between."
frameworks = { cis_aws_7 = "2.13", security_hub = "IAM.2", prowler = "iam_policy_attached_only_to_group_or_roles", other = "Config:IAM_USER_NO_POLICIES_CHECK, IAM_USER_GROUP_MEMBERSHIP_CHECK; Steampipe:iam_user_no_policies, iam_user_no_inline_attached_policies, iam_user_in_group; Scout:iam-user-with-policies, iam-human-user-with-policies, iam-user-not-in-{category,common}-group, iam-lightspin-user-action-denied-for-group; Fix:policy_attached_only_to_group_or_roles; Cartography:aws_user_direct_policies" }

[evidence]
attached = "Managed policies that are attached to the user itself"
inline = "Names of inline policies of the user"
groups = "Groups that the user is in"
*/
with
own as (
    select account_id, principal_arn, policy_name, 'attached' as kind
    from stg_policy_attachments
    where principal_type = 'user' and not (is_aws_managed and policy_name glob 'AWSCompromisedKeyQuarantine*')
    union all
    select account_id, principal_arn, policy_name, 'inline' as kind
    from stg_inline_policies
    where principal_type = 'user'
),

policies as (
    select
        account_id,
        principal_arn,
        list(policy_name order by policy_name) filter (where kind = 'attached') as attached,
        list(policy_name order by policy_name) filter (where kind = 'inline') as inline
    from own
    group by account_id, principal_arn
),

users as (
    select
        users.account_id,
        users.arn as resource,
        users.user_name,
        list_sort(coalesce(users.group_names, [])) as groups,
        coalesce(policies.attached, []) as attached,
        coalesce(policies.inline, []) as inline,
        concat_ws(
            '; ',
            'attached policies ' || array_to_string(policies.attached, ', '),
            'inline policies ' || array_to_string(policies.inline, ', '),
            if(groups = [] and policies.principal_arn is not null, 'in no group', null)
        ) as faults
    from stg_users as users
    left join policies on users.account_id = policies.account_id and users.arn = policies.principal_arn
)

select
    account_id,
    resource,
    case
        when faults <> '' then fail(format('{}: {}.', user_name, faults))
        when groups = [] then not_applicable(format('{} has no policies, of its own or by a group.', user_name))
        else pass(format('{} is in {}.', user_name, array_to_string(groups, ', ')))
    end as judged,
    to_json(struct_pack(attached, inline, groups)) as evidence
from users
