/*
id = "BP02-13"
title = "IAM users should not have access keys to assume roles with"
severity = "medium"
description = """
A key that last called STS, in the last window_days, of a user who may assume a role: its own policies allow
sts:AssumeRole, or a role of the account trusts it by name. Such a key stands where temporary credentials could be had
directly. Keys that call other services are no_workload_access_keys'.
"""
why = "The role's credentials expire within hours, but the key that fetches them never does: whoever steals it has the role for good."
fix = "Let the program or person get the role's credentials without a key: OIDC federation, Roles Anywhere, an instance or task role, or IAM Identity Center."
may_break = "Deactivate the key and watch before deleting it: anything that still uses it stops working."
frameworks = { prowler = "iam_user_with_temporary_credentials", aws = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-workloads-use-roles" }
params = { window_days = 90 }

[evidence]
keys = "The active access keys, with their last call"
is_allowed = "Whether policies of the user allow it to assume a role"
trusted_by = "Roles that trust the user by name"
unreadable = "What could not be read, and why"
*/
with
trusted as (
    select account_id, user_arn, list(arn order by arn) as roles
    from (select account_id, arn, unnest(callers) as user_arn from int_role_callers)
    group by account_id, user_arn
),

-- Roles of which it is not known whom they trust.
untold as (
    select account_id, list(role_name order by role_name) as roles
    from int_role_callers
    where malformed_reason is not null
    group by account_id
),

keys as (
    select
        account_id,
        user_arn,
        user_name,
        list(
            { key_id: key_id, last_used_service: last_used_service, last_used_at: last_used_at } order by key_id
        ) as keys,
        list(key_id order by key_id) filter (
            last_used_service = 'sts' and unused_days <= getvariable('window_days')
        ) as of_sts,
        list(key_id order by key_id) filter (not is_use_known) as not_shown
    from int_access_keys
    where is_active and not is_root
    group by account_id, user_arn, user_name
),

facts as (
    select
        keys.*,
        coalesce(permissions.can_assume, false) as is_allowed,
        coalesce(trusted.roles, []) as trusted_by,
        list_concat(
            if(permissions.principal_arn is null, ['its policies'], permissions.unreadable),
            list_transform(coalesce(untold.roles, []), lambda role: 'the trust policy of ' || role)
        ) as unreadable,
        array_to_string(keys.of_sts, ', ') as names
    from keys
    left join int_principal_permissions as permissions
        on keys.account_id = permissions.account_id and keys.user_arn = permissions.principal_arn
    left join trusted on keys.account_id = trusted.account_id and keys.user_arn = trusted.user_arn
    left join untold on keys.account_id = untold.account_id
)

select
    account_id,
    user_arn as resource,
    case
        when of_sts is not null and (is_allowed or len(trusted_by) > 0) then fail(format(
            '{} assumes roles with access key {}{}.', user_name, names,
            if(is_allowed, '', format('; it is trusted by {}', split_part(trusted_by[1], '/', -1)))
        ))
        when of_sts is not null and len(unreadable) > 0 then unknown(format(
            'Access key {} of {} calls STS; whether it may assume a role could not be read: {}.',
            names, user_name, array_to_string(unreadable, '; ')
        ))
        when not_shown is not null then unknown(format(
            'The credential report does not show what access key {} of {} called.',
            array_to_string(not_shown, ', '), user_name
        ))
        when of_sts is not null then pass(format(
            'Access key {} of {} calls STS, but may assume no role.', names, user_name
        ))
        else pass(format(
            'No access key of {} called STS last, in the last {} days.', user_name, getvariable('window_days')
        ))
    end as judged,
    to_json(struct_pack(keys, is_allowed, trusted_by, unreadable)) as evidence
from facts
