/*
id = "BP06-04"
title = "Principals should not be able to escalate their own privileges"
severity = "high"
description = """
By any path of the catalogue that its policies, groups, boundary and SCPs leave open, for which the account has what the
path needs, and that gains it a right; or by several steps that end as an administrator, of another account too. Paths
under conditions (MFA, a network, a tag) fail as well, and the reason names the conditions. A tag that it can set itself
is no condition. What runs in the account (functions, build projects, instances, clusters, and their roles), and the
permission sets that it could change or assign, are looked up; if that was not read, or is of a kind that Rolecall does
not collect, such as stacks, the verdict is unknown. Left
out are the policy of a single resource, and roles that it may assume unless the way ends as an administrator.
Administrators need no path.
"""
settles_unread = [
    "lambda_functions", "codebuild_projects", "ec2_instances", "ecs_clusters", "eks_clusters", "saml_providers",
    "organization_identity_center", "permission_sets", "permission_set_policies", "permission_set_assignments",
]
why = "A principal that can change its own permissions is an administrator nobody has counted."
fix = "Narrow the statement that the evidence names, or set a permissions boundary on the principal."
may_break = "Deployments that create roles and policies: require a boundary on what they create."
frameworks = { prowler = "iam_policy_allows_privilege_escalation, iam_inline_policy_allows_privilege_escalation", other = "Cloudsplaining:PrivilegeEscalation; PMapper:privesc; Parliament:privilege_escalation" }

[evidence]
paths = "Open escalation paths, with the statements that open them"
reach = "The way to administrator, step by step; null for none"
*/
with
paths as (
    select
        principal_arn,
        count(*) as paths,
        string_agg(path_id, ', ' order by leads_to_admin = 'yes' desc, verdict desc, path_id) as names,
        bool_or(leads_to_admin = 'yes' and verdict = 'yes') as leads_to_admin,
        bool_and(verdict = 'depends' or leads_to_admin <> 'yes') and bool_or(leads_to_admin = 'yes') as may_lead_to_admin,
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
        and (
            path_id <> 'sts-assume-role'
            or (leads_to_admin = 'yes' and (verdict = 'yes' or len(conditions) > 0))
        )
    group by principal_arn
),

supposed as (
    select
        principal_arn,
        string_agg(distinct path_id, ', ' order by path_id) as names,
        array_to_string(list_sort(list_distinct(flatten(list(unread)))), '; ') as reasons
    from fact_escalations
    where not is_certain and len(unread) > 0 and gain <> 'resource'
    group by principal_arn
),

reached as (
    select
        principal_arn,
        steps,
        coalesce(steps, possible_steps) as all_steps,
        is_unread,
        unread as unread_on_the_way,
        via,
        array_to_string(
            list_transform(
                from_json(via, '[{"how": "varchar", "target": "varchar"}]'),
                lambda hop: format('{} to {}', hop.how, hop.target)
            ),
            ', '
        ) as way,
        array_to_string(conditions, ', ') as conditions
    from fact_reach
    where coalesce(steps, possible_steps) > 0
),

principals as (
    select
        principals.*,
        list_concat(principals.unreadable, principals.unreadable_limits) as unread,
        paths.* exclude (principal_arn),
        reached.steps,
        reached.is_unread,
        reached.unread_on_the_way,
        supposed.names as supposed,
        supposed.reasons as supposed_because,
        to_json({
            steps: reached.all_steps, is_conditional: reached.steps is null,
            conditions: reached.conditions, via: reached.via
        }) as reach,
        format(
            'It can become administrator in {} {}{}: {}.',
            reached.all_steps,
            if(reached.all_steps = 1, 'step', 'steps'),
            if(reached.steps is null, ', under conditions' || coalesce(' on ' || nullif(reached.conditions, ''), ''), ''),
            reached.way
        ) as ascent
    from int_principal_permissions as principals
    left join paths on principals.principal_arn = paths.principal_arn
    left join reached on principals.principal_arn = reached.principal_arn
    left join supposed on principals.principal_arn = supposed.principal_arn
)

select
    account_id,
    principal_arn as resource,
    case
        when keeper = 'an AWS service'
            then not_applicable('A role of an AWS service: only the service can act as it.')
        when admin = 'yes' then not_applicable('Already an administrator.')
        when len(unread) > 0 and (steps is not null or names is not null) then unknown(format(
            'A policy that cannot be read might deny what it takes: {}.', array_to_string(unread, '; ')
        ))
        when steps is not null and not coalesce(leads_to_admin, false) then fail(ascent)
        when names is not null then fail(format(
            '{} open{}: {}{}.',
            if(paths = 1, 'A path is', format('{} paths are', paths)),
            case
                when leads_to_admin or (may_lead_to_admin and is_conditional) then ', to administrator'
                when may_lead_to_admin then format(', to administrator under conditions on {}', conditions)
                else ', to the rights of others'
            end,
            names,
            if(is_conditional, format(', under conditions on {}', conditions), '')
        ))
        when ascent is not null and not is_unread then fail(ascent)
        when supposed is not null
            then unknown(format('Whether it can escalate by {} is not known: {}.', supposed, supposed_because))
        when len(unread_on_the_way) > 0
            then unknown(format('{} Not known is: {}.', ascent, array_to_string(unread_on_the_way, '; ')))
        when ascent is not null then unknown(format('A policy on the way could not be read. {}', ascent))
        when len(unreadable) > 0 or (may_escalate and len(unread) > 0)
            then unknown(format('What it may do cannot be determined: {}.', array_to_string(unread, '; ')))
        else pass('No path of the catalogue is open to it, and none leads to an administrator.')
    end as judged,
    to_json({paths: coalesce(open_paths, []), reach: if(ascent is null, null, reach)}) as evidence
from principals
