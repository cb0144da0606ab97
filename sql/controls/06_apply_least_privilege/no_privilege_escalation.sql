/*
id = "BP06-04"
title = "No principal can raise itself above what it was given"
severity = "high"
description = """
By any path of the catalogue that its policies, groups, boundary and SCPs leave open and for which the account holds
what the path needs. Under conditions counts: the principal can often meet them. Left out are the policy of a single
resource, and the leave to assume a role unless it makes an administrator of whoever asks. Administrators need no path.
"""
why = "The one who can change the own rights is an administrator nobody has counted."
fix = "Narrow the statement that the evidence names, or bind the principal by a permissions boundary."
may_break = "Deployments that create roles and policies: give them a boundary to set, not a bare right."
frameworks = { prowler = "iam_policy_allows_privilege_escalation, iam_inline_policy_allows_privilege_escalation", other = "Cloudsplaining:PrivilegeEscalation; PMapper:privesc; Parliament:privilege_escalation" }
*/
with
principals as (select *, list_concat(unreadable, unreadable_limits) as unread from int_principal_permissions),

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
        } order by path_id) as evidence
    from fact_escalations
    where
        is_certain
        and gain <> 'resource'
        and (path_id <> 'sts-assume-role' or (verdict = 'yes' and leads_to_admin = 'yes'))
    group by principal_arn
),

judged as (
    select
        principals.*,
        paths.* exclude (principal_arn),
        case
            when principals.keeper = 'an AWS service' or principals.admin = 'yes' then 'not_applicable'
            when paths.paths > 0 then 'fail'
            when len(principals.unreadable) > 0 or (principals.may_escalate and len(unread) > 0) then 'unknown'
            else 'pass'
        end as verdict
    from principals
    left join paths on principals.principal_arn = paths.principal_arn
),

final as (
    select
        account_id,
        principal_arn as resource,
        verdict,
        case
            when keeper = 'an AWS service' then 'A role of an AWS service: only the service can act as it.'
            when admin = 'yes' then 'Already an administrator.'
            when verdict = 'fail'
                then format(
                    '{} open{}: {}{}.',
                    if(paths = 1, 'A path is', format('{} paths are', paths)),
                    if(leads_to_admin, ', to administrator', ', to the rights of others'),
                    names,
                    if(is_conditional, format(', under conditions on {}', conditions), '')
                )
            when verdict = 'unknown' then format('What it may do cannot be told: {}.', array_to_string(unread, '; '))
            else 'No path of the catalogue is open to it.'
        end as reason,
        to_json({ paths: coalesce(judged.evidence, []) }) as evidence
    from judged
)

select * from final
