/*
id = "BP09-03"
title = "The policy, group, identity provider, instance profile or permission set is in use"
severity = "low"
description = """
Customer managed policies: attached, or a boundary, or changed lately. Groups: have users. Identity providers: a role
trusts them. Instance profiles: hold a role. Permission sets of IAM Identity Center, judged in the management account:
somebody has them in some account.
"""
why = "What is left over is attached again by mistake, and hides what matters in a review."
fix = "Delete it, after a look at who made it and when."
may_break = "A SAML provider may serve Client VPN without any role; a policy may be attached by a deployment that runs rarely."
frameworks = { other = "Config:IAM_GROUP_HAS_USERS_CHECK, IAM_POLICY_IN_USE; Steampipe:iam_group_not_empty, iam_policy_unused, iam_custom_policy_unused; Scout:iam-group-with-no-users, iam-managed-policy-no-attachments; c7n:iam-policy.unused, iam-profile.unused, iam-group.has-users" }
params = { max_unused_days = 90 }
of_management = ["permission_sets", "permission_set_assignments"]
*/
with
policies as (select * from stg_policies where not is_aws_managed),

groups as (select * from stg_groups),

members as (select account_id, unnest(group_names) as group_name from stg_users),

providers as (select * from int_identity_providers),

instance_profiles as (select * from stg_instance_profiles),

management as (select account_id from stg_expected_accounts where is_management),

assignments as (select * from raw_permission_set_assignments),

permission_sets as (
    select
        management.account_id,
        sets.permission_set_arn,
        sets.name,
        count(assignments.permission_set_arn) as assignments
    from raw_permission_sets as sets
    cross join management
    left join assignments on sets.permission_set_arn = assignments.permission_set_arn
    group by management.account_id, sets.permission_set_arn, sets.name
),

objects as (
    select
        account_id,
        arn as resource,
        'policy' as kind,
        'principals' as wanted,
        attachment_count + permissions_boundary_usage_count as uses,
        least(age_days, unchanged_days) as idle_days,
        null as obstacle
    from policies
    union all
    select groups.account_id, groups.arn, 'group', 'users', count(members.group_name), null, null
    from groups
    left join members on groups.account_id = members.account_id and groups.group_name = members.group_name
    group by groups.account_id, groups.arn
    union all
    select
        account_id, arn, kind, 'roles', roles, null,
        case when is_identity_center then 'not_applicable' when roles_unread > 0 then 'unknown' end
    from providers
    union all
    select account_id, arn, 'instance profile', 'roles', len(role_names), null, null from instance_profiles
    union all
    select account_id, permission_set_arn, 'permission set ' || name, 'assignments', assignments, null, null
    from permission_sets
),

final as (
    select
        account_id,
        resource,
        case
            when uses > 0 then 'pass'
            when obstacle is not null then obstacle
            when idle_days <= getvariable('max_unused_days') then 'pass'
            else 'fail'
        end as verdict,
        case
            when uses > 0 then format('The {} is in use, by {}: {}.', kind, wanted, uses)
            when obstacle = 'not_applicable' then format('IAM Identity Center made this {} and keeps it.', kind)
            when obstacle = 'unknown'
                then 'A role has a trust policy that cannot be read; it might trust this provider.'
            when idle_days is null then format('The {} has no {}.', kind, wanted)
            else format(
                'The {} has no {}, and was last changed {} days ago; limit {}.',
                kind, wanted, idle_days, getvariable('max_unused_days')
            )
        end as reason,
        to_json({kind: kind, uses: uses, unchanged_days: idle_days}) as evidence
    from objects
)

select * from final
