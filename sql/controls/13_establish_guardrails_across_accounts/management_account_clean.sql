/*
id = "BP13-06"
title = "The management account runs no workloads and has no IAM users"
severity = "high"
scope = "organization"
description = """
A finding for each kind of thing that does not belong there: instances, functions, ECS clusters with anything in
them, roles of compute services used lately, IAM users, and their active access keys. Users and roles that must be
there are named by glob in the parameters.
"""
why = "SCPs never bind the management account, and whoever takes over a workload in it is next to the whole organization."
fix = "Move workloads to a member account, people to IAM Identity Center, and name in the parameters what has to stay."
frameworks = { cis_aws_7 = "2.1.3" }

[params]
window_days = 90
# Names, as globs: emergency users, and roles that have to run here.
allowed_users = []
allowed_roles = []
*/
with
management as (select account_id, arn from stg_expected_accounts where is_management),

users as (
    select account_id, user_name, arn from stg_credential_report
    where not is_root
        and len(list_filter(getvariable('allowed_users')::varchar[], lambda g: user_name glob g)) = 0
),

things as (
    select account_id, 'EC2 instances' as kind, arn from stg_ec2_instances
    union all
    select account_id, 'Lambda functions', arn from stg_lambda_functions
    union all
    select account_id, 'ECS clusters in use', cluster_arn from stg_ecs_clusters where not is_empty
    union all
    select account_id, 'roles of compute services in use', arn from int_workload_roles
    where malformed_reason is null and unused_days < getvariable('window_days')
        and len(list_filter(getvariable('allowed_roles')::varchar[], lambda g: role_name glob g)) = 0
    union all
    select account_id, 'IAM users', arn from users
    union all
    select keys.account_id, 'active access keys', keys.resource
    from int_access_keys as keys
    inner join users on keys.account_id = users.account_id and keys.user_name = users.user_name
    where keys.is_active
),

kinds as (
    select management.account_id, management.arn, kinds.kind, kinds.slug
    from management
    cross join (values
        ('EC2 instances', 'ec2-instances'), ('Lambda functions', 'lambda-functions'),
        ('ECS clusters in use', 'ecs-clusters'), ('roles of compute services in use', 'workload-roles'),
        ('IAM users', 'users'), ('active access keys', 'access-keys')
    ) as kinds (kind, slug)
),

found as (
    select
        kinds.account_id,
        kinds.arn || '/' || kinds.slug as resource,
        kinds.kind,
        coalesce(list_sort(list(distinct things.arn) filter (where things.arn is not null)), []) as arns
    from kinds
    left join things on kinds.account_id = things.account_id and kinds.kind = things.kind
    group by kinds.account_id, kinds.arn, kinds.slug, kinds.kind
),

judged as (
    select
        found.*,
        len(arns) > 0 as is_there,
        kind = 'active access keys'
        and not exists (from users where users.account_id = found.account_id) as has_no_users,
        if(
            kind = 'roles of compute services in use',
            (
                select string_agg(role_name, ', ' order by role_name) from int_workload_roles as roles
                where roles.account_id = found.account_id and roles.malformed_reason is not null
            ),
            null
        ) as unreadable
    from found
),

final as (
    select
        account_id,
        resource,
        case
            when is_there then 'fail'
            when has_no_users then 'not_applicable'
            when unreadable is not null then 'unknown'
            else 'pass'
        end as verdict,
        case
            when is_there
                then format(
                    'In the management account, {}: {}{}.', kind,
                    array_to_string(list_transform(arns[:5], lambda a: split_part(a, ':', -1)), ', '),
                    if(len(arns) > 5, format(' and {} more', len(arns) - 5), '')
                )
            when has_no_users then 'The management account has no IAM users to have access keys.'
            when unreadable is not null then format('The trust policies of {} cannot be read.', unreadable)
            else format('The management account has no {}.', kind)
        end as reason,
        to_json({resources: arns}) as evidence
    from judged
)

select * from final
