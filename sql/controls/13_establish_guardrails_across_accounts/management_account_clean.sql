/*
id = "BP13-06"
title = "The management account should not run workloads or have IAM users"
severity = "high"
scope = "organization"
description = """
One finding for each kind of thing that does not belong there: instances, functions, ECS clusters with anything in
them, recently used roles of compute services, IAM users, and their active access keys. The parameters name, by glob,
users and roles that must be there.
"""
why = "SCPs never bind the management account, and whoever takes over a workload in it is one step from the whole organization."
fix = "Move workloads to a member account and people to IAM Identity Center, and name in the parameters what has to stay."
frameworks = { cis_aws_7 = "2.1.3" }

[params]
window_days = 90
# Names, as globs: emergency users, and roles that have to run here.
allowed_users = []
allowed_roles = []

[evidence]
resources = "What is there, by ARN"
*/
with
kinds as (
    select accounts.account_id, accounts.arn || '/' || kinds.slug as resource, kinds.kind
    from stg_expected_accounts as accounts
    cross join (values
        ('EC2 instances', 'ec2-instances'), ('Lambda functions', 'lambda-functions'),
        ('ECS clusters in use', 'ecs-clusters'), ('roles of compute services in use', 'workload-roles'),
        ('IAM users', 'users'), ('active access keys', 'access-keys')
    ) as kinds (kind, slug)
    where accounts.is_management
),

-- A user that the credential report does not have, or not whole, is there all the same.
users as (
    select account_id, user_name, arn
    from (
        select account_id, user_name, arn from stg_credential_report where not is_root
        union
        select account_id, split_part(resource, '/', -1), resource
        from stg_unread_records
        where dataset = 'credential_report' and resource glob 'arn:*:user/*'
    )
    where len(list_filter(getvariable('allowed_users')::varchar[], lambda g: user_name glob g)) = 0
),

things as (
    select account_id, 'EC2 instances' as kind, arn, null as unreadable, null as unlisted from stg_ec2_instances
    union all
    select account_id, 'Lambda functions', arn, null, null from stg_lambda_functions
    union all
    select account_id, 'ECS clusters in use', cluster_arn, null, null from stg_ecs_clusters where not is_empty
    union all
    select account_id, 'roles of compute services in use', arn, null, null from int_workload_roles
    where unsure is null and unused_days < getvariable('window_days')
        and len(list_filter(getvariable('allowed_roles')::varchar[], lambda g: role_name glob g)) = 0
    union all
    select account_id, 'roles of compute services in use', null, role_name, null from int_workload_roles
    where malformed_reason is not null
    union all
    select account_id, 'roles of compute services in use', null, null, unsure from int_workload_roles
    where malformed_reason is null and unsure is not null and unused_days < getvariable('window_days')
        and len(list_filter(getvariable('allowed_roles')::varchar[], lambda g: role_name glob g)) = 0
    union all
    select account_id, 'IAM users', arn, null, null from users
    union all
    select keys.account_id, 'active access keys', keys.resource, null, null
    from int_access_keys as keys
    semi join users using (account_id, user_name)
    where keys.is_active
    union all
    select account_id, 'active access keys', null, regexp_extract(resource, '[^/:]+$'), null
    from stg_unread_records
    where dataset in ('credential_report', 'access_keys') and resource not glob '*:root'
),

there as (
    select
        account_id,
        kinds.resource,
        kind,
        coalesce(list_sort(list(distinct things.arn) filter (where things.arn is not null)), []) as resources,
        string_agg(things.unreadable, ', ' order by things.unreadable) as unreadable,
        string_agg(distinct things.unlisted, ' ' order by things.unlisted) as unlisted
    from kinds
    left join things using (account_id, kind)
    group by account_id, kinds.resource, kind
)

select
    account_id,
    resource,
    case
        when len(resources) > 0
            then fail(format(
                'In the management account, {}: {}{}.',
                kind,
                array_to_string(list_transform(resources[:5], lambda a: split_part(a, ':', -1)), ', '),
                if(len(resources) > 5, format(' and {} more', len(resources) - 5), '')
            ))
        when kind = 'active access keys' and account_id not in (select account_id from users)
            then not_applicable('The management account has no IAM users to have access keys.')
        when unreadable is not null then unknown(format(
            '{} of {} cannot be read.',
            if(kind = 'active access keys', 'The access keys', 'The trust policies'), unreadable
        ))
        when unlisted is not null then unknown(unlisted)
        else pass(format('The management account has no {}.', kind))
    end as judged,
    to_json(struct_pack(resources)) as evidence
from there
