/*
title = "The identity policies of every user and role, those of a user's groups among them"
[columns]
principal_type = "user or role"
policy_arn = "ARN of a managed policy; null for an inline one; of the group, where that is not among those read"
via_group = "Group that the user has it through; null when its own"
document_sha256 = "Key of the document in int_identity_documents; null where the policy is not among those read"
*/
with
held as (
    select account_id, principal_type, principal_name, principal_arn, policy_name, policy_arn, null as document_sha256
    from stg_policy_attachments
    union all
    select account_id, principal_type, principal_name, principal_arn, policy_name, null, document_sha256
    from stg_inline_policies
),

own as (
    select *, null as via_group
    from held
    where principal_type <> 'group'
),

memberships as (
    select account_id, arn, user_name, unnest(group_names) as group_name
    from stg_users
),

through_groups as (
    select
        held.* replace ('user' as principal_type, users.user_name as principal_name, users.arn as principal_arn),
        users.group_name as via_group
    from memberships as users
    inner join held
        on
            held.principal_type = 'group'
            and users.account_id = held.account_id
            and users.group_name = held.principal_name
),

-- A group that is not among those read has policies that nobody knows.
through_unread_groups as (
    select
        users.account_id,
        'user' as principal_type,
        users.user_name as principal_name,
        users.arn as principal_arn,
        format('those of group {}', users.group_name) as policy_name,
        regexp_replace(users.arn, ':user/.*$', ':group/') || users.group_name as policy_arn,
        null as document_sha256,
        users.group_name as via_group
    from memberships as users
    anti join stg_groups as groups on users.account_id = groups.account_id and users.group_name = groups.group_name
)

select
    granted.account_id,
    granted.principal_type,
    granted.principal_name,
    granted.principal_arn,
    granted.policy_name,
    granted.policy_arn,
    granted.via_group,
    coalesce(granted.document_sha256, policies.document_sha256) as document_sha256
from (
    select * from own
    union all by name
    select * from through_groups
    union all by name
    select * from through_unread_groups
) as granted
left join stg_policies as policies on granted.account_id = policies.account_id and granted.policy_arn = policies.arn
