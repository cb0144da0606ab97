/*
id = "BP06-04"
title = "Principals should not be able to escalate their own privileges"
severity = "high"
description = """
By any path of the catalogue that its policies, groups, boundary and SCPs leave open and for which the account has what
the path needs. Conditional permissions count: the principal can often meet the conditions. Left out are the policy of a
single resource, and permission to assume a role unless that makes the caller an administrator. Administrators need no
path.
"""
why = "A principal that can change its own permissions is an administrator nobody has counted."
fix = "Narrow the statement that the evidence names, or set a permissions boundary on the principal."
may_break = "Deployments that create roles and policies: require a boundary on what they create."
frameworks = { prowler = "iam_policy_allows_privilege_escalation, iam_inline_policy_allows_privilege_escalation", other = "Cloudsplaining:PrivilegeEscalation; PMapper:privesc; Parliament:privilege_escalation" }
*/
with
paths as (
    select
        principal_arn,
        count(*) as paths,
        string_agg(path_id, ', ' order by leads_to_admin = 'yes' desc, verdict desc, path_id) as names,
        bool_or(leads_to_admin = 'yes' and verdict = 'yes') as leads_to_admin,
        bool_and(verdict = 'depends') as is_conditional,
        string_agg(distinct array_to_string(conditions, ', '), ', ' order by array_to_string(conditions, ', '))
        filter (where verdict = 'depends') as conditions,
        list({
            path: path_id, title: title, aliases: aliases, severity: severity, verdict: verdict,
            leads_to_admin: leads_to_admin, targets: targets, conditions: conditions, grants: grants
        } order by path_id) as open_paths
    from fact_escalations
    where
        is_certain
        and gain <> 'resource'
        and (path_id <> 'sts-assume-role' or (verdict = 'yes' and leads_to_admin = 'yes'))
    group by principal_arn
),

principals as (
    select
        principals.*,
        list_concat(principals.unreadable, principals.unreadable_limits) as unread,
        paths.* exclude (principal_arn)
    from int_principal_permissions as principals
    left join paths on principals.principal_arn = paths.principal_arn
)

select
    account_id,
    principal_arn as resource,
    case
        when keeper = 'an AWS service'
            then not_applicable('A role of an AWS service: only the service can act as it.')
        when admin = 'yes' then not_applicable('Already an administrator.')
        when names is not null then fail(format(
            '{} open{}: {}{}.',
            if(paths = 1, 'A path is', format('{} paths are', paths)),
            if(leads_to_admin, ', to administrator', ', to the rights of others'),
            names,
            if(is_conditional, format(', under conditions on {}', conditions), '')
        ))
        when len(unreadable) > 0 or (may_escalate and len(unread) > 0)
            then unknown(format('What it may do cannot be told: {}.', array_to_string(unread, '; ')))
        else pass('No path of the catalogue is open to it.')
    end as judged,
    to_json({paths: coalesce(open_paths, [])}) as evidence
from principals
