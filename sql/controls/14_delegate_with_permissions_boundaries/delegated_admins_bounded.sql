/*
id = "BP14-01"
title = "Who may write IAM must set a boundary"
severity = "high"
description = """
Users and roles that may create principals or give them policies, in effect, must be bound by a condition on
iam:PermissionsBoundary: neither without a boundary nor with any other may the request pass. The register's
approved_administrators pass.
"""
why = "Who may make a role and its policy without a boundary can make an administrator."
fix = "Add StringEquals iam:PermissionsBoundary with the boundary's ARN to the statement."
may_break = "Pipelines that create roles without naming a boundary."
*/
with
register as (select * from stg_register where kind = 'approved_administrator'),

registered as (
    select
        *,
        (
            select arg_max(register, (register.is_live, register.expires_on, register.entry)) from register
            where coalesce(register.account_id, principals.account_id) = principals.account_id
                and principals.principal_arn glob register.resource
        ) as entry
    from int_principal_permissions as principals
),

principals as (
    select
        *,
        list_concat(unreadable, unreadable_limits) as unread,
        coalesce(entry.is_live, false) as is_approved,
        from_json(unbounded_writes, '[{"action": "varchar", "is_unread": "boolean"}]') as writes,
        list_transform(list_filter(writes, lambda one: not one.is_unread), lambda one: one.action) as free
    from registered
),

final as (
    select
        account_id,
        principal_arn as resource,
        case
            when keeper = 'an AWS service' then 'not_applicable'
            when is_approved then 'pass'
            when len(free) > 0 then 'fail'
            when len(unreadable) > 0 or len(writes) > 0 then 'unknown'
            else 'pass'
        end as verdict,
        case
            when keeper = 'an AWS service' then 'A role of an AWS service: only the service can act as it.'
            when is_approved
                then format('An approved administrator; {} answers until {}.', entry.owner, entry.expires_on)
            when verdict = 'fail'
                then format(
                    'May without a certain boundary: {}{}.',
                    array_to_string(free, ', '),
                    coalesce(format('; its approval as administrator ended on {}', entry.expires_on), '')
                )
            when verdict = 'unknown' then format('What it may do cannot be told: {}.', array_to_string(unread, '; '))
            when len(iam_writes) > 0
                then format('May only with a certain boundary: {}.', array_to_string(iam_writes, ', '))
            else 'May neither create IAM principals nor give them policies.'
        end as reason,
        to_json({ iam_writes: iam_writes, unbounded: unbounded_writes, entry: entry.entry }) as evidence
    from principals
)

select * from final
