/*
id = "BP01-05"
title = "Sessions of people should be short, and those of administrators shorter"
severity = "low"
description = """
Permission sets, judged in the management account, and the roles of each account that a SAML provider opens. Roles
that Identity Center keeps follow their permission sets and are not judged again. An administrator's role is one with
an AWS managed policy of admin_policies or a policy of its own that grants everything.
"""
why = "A session that outlives the working day can be used by anyone who gets hold of it, and cannot be revoked one by one."
fix = "Shorten the permission set's session duration, or the role's MaxSessionDuration."
may_break = "Long interactive jobs are cut off when their session ends."
params = { admin_max_hours = 4, max_hours = 12, admin_policies = ["AdministratorAccess", "IAMFullAccess"] }
of_management = ["permission_sets", "permission_set_policies", "permission_set_assignments"]

[evidence]
kind = "role or permission set"
is_admin = "Whether it is an administrator's"
session_hours = "Longest session, in hours; null where it was not reported"
*/
with
sets as (
    select
        organization.management_account_id as account_id,
        sets.permission_set_arn as arn,
        'permission set' as kind,
        sets.name,
        sets.admin = 'yes' as is_admin,
        sets.unreadable,
        sets.session_hours,
        null as malformed_reason
    from int_permission_sets as sets
    cross join raw_organization as organization
),

administrators as (
    select account_id, principal_arn as arn
    from stg_policy_attachments
    where is_aws_managed and list_contains(getvariable('admin_policies')::varchar[], policy_name)
    union
    select account_id, arn from int_role_wildcards where list_contains(wildcards, '*')
),

roles as (
    select
        roles.account_id,
        roles.arn,
        'role' as kind,
        roles.role_name as name,
        administrators.arn is not null as is_admin,
        coalesce(wildcards.unreadable, []) as unreadable,
        sessions.max_session_duration_seconds / 3600 as session_hours,
        roles.malformed_reason
    from int_saml_roles as roles
    left join stg_role_sessions as sessions on roles.account_id = sessions.account_id and roles.arn = sessions.arn
    left join administrators on roles.account_id = administrators.account_id and roles.arn = administrators.arn
    left join int_role_wildcards as wildcards on roles.account_id = wildcards.account_id and roles.arn = wildcards.arn
),

facts as (
    select
        *,
        if(is_admin, getvariable('admin_max_hours'), getvariable('max_hours')) as limit_hours,
        format(
            'Sessions of the {}{} {} last up to {} hours; limit {}.',
            if(is_admin, 'administrators'' ', ''), kind, name, round(session_hours, 2), limit_hours
        ) as reason
    from (from sets union all by name from roles)
)

select
    account_id,
    arn as resource,
    case
        when malformed_reason is not null
            then unknown(format('The trust policy of {} cannot be read: {}.', name, malformed_reason))
        when session_hours is null then unknown(format('The session duration of {} was not reported.', name))
        when session_hours > limit_hours then fail(reason)
        when not is_admin and len(unreadable) > 0 and session_hours > getvariable('admin_max_hours')
            then unknown(format('Policies of {} cannot be read: {}.', name, array_to_string(unreadable, '; ')))
        else pass(reason)
    end as judged,
    to_json(struct_pack(kind, is_admin, session_hours)) as evidence
from facts
