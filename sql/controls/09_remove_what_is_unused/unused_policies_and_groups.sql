/*
id = "BP09-03"
title = "Unused policies, groups, identity providers, instance profiles and permission sets should be removed"
severity = "low"
description = """
Customer managed policies: attached, set as a boundary, or changed recently. Groups: have members. Identity providers: a role
trusts them. Instance profiles: contain a role. Permission sets of IAM Identity Center, judged in the management account:
assigned to someone in some account.
"""
alone = ["groups", "instance_profiles", "oidc_providers", "saml_providers"]
why = "Leftovers are attached again by mistake, and hide what matters in a review."
fix = "Delete it, after checking who created it and when."
may_break = "A SAML provider may serve AWS Client VPN without any role; a policy may be attached by a deployment that rarely runs."
frameworks = { other = "Config:IAM_GROUP_HAS_USERS_CHECK, IAM_POLICY_IN_USE; Steampipe:iam_group_not_empty, iam_policy_unused, iam_custom_policy_unused; Scout:iam-group-with-no-users, iam-managed-policy-no-attachments; c7n:iam-policy.unused, iam-profile.unused, iam-group.has-users" }
params = { max_unused_days = 90 }
of_management = ["permission_sets", "permission_set_assignments"]

[evidence]
kind = "policy or group"
uses = "What uses it"
unchanged_days = "Days since it was last changed"
administering = "Policies that make its members administrators"
*/
with
-- What would make a member an administrator: a policy of the group alone, whatever a boundary or an SCP takes away.
administering as (
    select held.account_id, held.principal_arn, string_agg(distinct held.policy_name, ', ' order by held.policy_name) as policies
    from (
        select
            attachments.account_id, attachments.principal_arn, attachments.policy_name, attachments.policy_arn,
            policies.document_sha256
        from stg_policy_attachments as attachments
        left join stg_policies as policies
            on attachments.account_id = policies.account_id and attachments.policy_arn = policies.arn
        where attachments.principal_type = 'group'
        union all
        select account_id, principal_arn, policy_name, '', document_sha256
        from stg_inline_policies
        where principal_type = 'group'
    ) as held
    left join int_customer_documents as documents
        on held.account_id = documents.account_id and held.document_sha256 = documents.document_sha256
    left join fact_documents as facts on documents.content_sha256 = facts.content_sha256 and facts.kind = 'admin'
    where
        facts.kind = 'admin'
        or held.policy_arn glob 'arn:*:iam::aws:policy/AdministratorAccess'
        or held.policy_arn glob 'arn:*:iam::aws:policy/IAMFullAccess'
    group by held.account_id, held.principal_arn
),

members as (select account_id, unnest(group_names) as group_name from stg_users),

objects as (
    select
        account_id,
        arn as resource,
        'policy' as kind,
        'principals' as wanted,
        attachment_count + permissions_boundary_usage_count as uses,
        least(age_days, unchanged_days) as idle_days,
        false as is_identity_center,
        0 as roles_unread
    from stg_policies
    where not is_aws_managed
    union all
    select groups.account_id, groups.arn, 'group', 'users', count(members.group_name), null, false, 0
    from stg_groups as groups
    left join members on groups.account_id = members.account_id and groups.group_name = members.group_name
    group by groups.account_id, groups.arn
    union all
    select account_id, arn, kind, 'roles', roles, null, is_identity_center, roles_unread from int_identity_providers
    union all
    select account_id, arn, 'instance profile', 'roles', len(role_names), null, false, 0 from stg_instance_profiles
    union all
    select
        management.account_id, sets.permission_set_arn, 'permission set ' || sets.name, 'assignments',
        count(assignments.permission_set_arn), null, false, 0
    from stg_permission_sets as sets
    inner join stg_expected_accounts as management on management.is_management
    left join stg_permission_set_assignments as assignments using (permission_set_arn)
    group by management.account_id, sets.permission_set_arn, sets.name
),

described as (
    select
        objects.*,
        administering.policies as administering,
        format(
            'The {} has no {}, and was last changed {} days ago; limit {}.',
            kind, wanted, idle_days, getvariable('max_unused_days')
        ) as last_change
    from objects
    left join administering
        on objects.account_id = administering.account_id and objects.resource = administering.principal_arn
)

select
    account_id,
    resource,
    case
        when uses > 0 then pass(format('The {} is in use, by {}: {}.', kind, wanted, uses))
        when roles_unread > 0
            then unknown('A role has a trust policy that cannot be read; it might trust this provider.')
        when is_identity_center then not_applicable(format('IAM Identity Center made this {} and keeps it.', kind))
        when administering is not null
            then fail(format('The {} has no {}; a user put into it would be an administrator by {}.', kind, wanted, administering))
        when idle_days is null then fail(format('The {} has no {}.', kind, wanted))
        when idle_days <= getvariable('max_unused_days') then pass(last_change)
        else fail(last_change)
    end as judged,
    to_json({kind: kind, uses: uses, unchanged_days: idle_days, administering: administering}) as evidence
from described
