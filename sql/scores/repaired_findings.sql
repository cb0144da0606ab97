/*
title = "Each finding that fails, with the change that would close it"
description = """
The unit of repair is what somebody changes: a user, a role, a policy, a permission set with the roles that AWS makes of
it in every account, a setting of an account, a guardrail of the organization. A permission set, what the organization
sets, and a user or role of one name that fails in `shared_by` accounts or more (it is made in all of them from one
template, or by AWS Organizations) count once.
"""
params = { shared_by = 5 }
[columns]
repair = "Key of the change: its kind and what is changed"
kind = "user, role, group, policy, permission set, resource, account setting or organization setting"
made_by = "account owner, or organization (its management account or delegated administrators)"
target = "ARN of what is changed; null for settings, which are named by their control"
name = "Name of what is changed"
*/
with
failing as (
    select
        judgements.control_id,
        judgements.practice,
        judgements.account_id,
        judgements.region,
        judgements.resource,
        controls.severity,
        controls.fixed_by,
        controls.number,
        accounts.arn as account_arn,
        regexp_extract(judgements.resource, ':role/aws-reserved/sso[.]amazonaws[.]com/.*AWSReservedSSO_(.+)_[^_/]+$', 1)
            as set_of_role,
        regexp_replace(
            judgements.resource,
            '(:(user|role|group)/.+?)/(accesskey|password|servicecredential|signingcertificate|sshkey|inline)(/[^/]+)?$',
            '\1'
        ) as principal
    from judgements
    inner join control_catalog as controls using (control_id)
    inner join int_accounts as accounts using (account_id)
    where judgements.verdict = 'fail'
),

sorted_out as (
    select
        failing.*,
        coalesce(nullif(failing.set_of_role, ''), sets.name) as permission_set,
        starts_with(failing.resource, failing.account_arn) as is_of_account,
        regexp_extract(failing.principal, '^arn:[^:]+:iam::[0-9]{12}:(user|role|group|policy)/', 1) as iam_kind
    from failing
    left join stg_permission_sets as sets
        on starts_with(failing.resource, 'arn:') and contains(failing.resource, ':permissionSet/')
        and starts_with(failing.resource, sets.permission_set_arn)
),

-- One name in so many accounts is not made by their owners.
shared as (
    select iam_kind, split_part(principal, ':', 6) as path
    from sorted_out
    where iam_kind in ('user', 'role') and permission_set is null
    group by all
    having count(distinct account_id) >= getvariable('shared_by')
),

kinds as (
    select
        sorted_out.*,
        shared.path,
        case
            when permission_set is not null then 'permission set'
            when is_of_account and fixed_by = 'organization' then 'organization setting'
            when is_of_account then 'account setting'
            when sorted_out.iam_kind <> '' then sorted_out.iam_kind
            else 'resource'
        end as kind
    from sorted_out
    left join shared on sorted_out.iam_kind = shared.iam_kind and split_part(principal, ':', 6) = shared.path
)

select
    control_id,
    practice,
    account_id,
    region,
    resource,
    severity,
    concat_ws(
        ' ', kind,
        case
            when kind = 'permission set' then permission_set
            when kind = 'organization setting' then control_id
            when kind = 'account setting' then concat_ws('/', account_id, control_id)
            when path is not null then path
            else principal
        end
    ) as repair,
    kind,
    if(permission_set is not null or fixed_by = 'organization' or path is not null, 'organization', 'account owner')
        as made_by,
    case
        when is_of_account or permission_set is not null then null
        when path is not null then regexp_replace(principal, ':iam::[0-9]{12}:', ':iam::*:')
        else principal
    end as target,
    coalesce(
        permission_set,
        if(is_of_account, number, null),
        nullif(regexp_extract(principal, '[^/:]+$'), ''),
        principal
    ) as name
from kinds
order by control_id, account_id, region, resource
