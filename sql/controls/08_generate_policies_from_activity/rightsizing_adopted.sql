/*
id = "BP08-03"
title = "The workload role uses a fair share of the services that it is granted"
severity = "low"
description = """
Services used in 90 days against services granted, by last accessed information. Not judged are roles of administrators
and roles that are new. A role with an open finding on unused permissions passes: Access Analyzer has a recommendation
for it, and how long findings may stay open is another control's.
"""
why = "What is granted and never used helps nobody but an intruder; the share that is used shows whether rightsizing takes hold."
fix = "Generate a policy from the role's activity, or remove the services that it does not use."
may_break = "What the role does less often than every 90 days stops working."
frameworks = { other = "Repokid/Aardvark; AirIAM:recommend_groups; ConsoleMe (archived)" }
params = { used_days = 90, min_used_percent = 20, min_age_days = 90, admin_policies = ["AdministratorAccess"] }
*/
with
roles as (
    select
        workloads.*,
        len(list_filter(
            workloads.aws_managed_policies, lambda p: list_contains(getvariable('admin_policies')::varchar[], p)
        )) > 0 or coalesce(list_contains(wildcards.wildcards, '*'), false) as is_admin
    from int_workload_roles as workloads
    left join int_role_wildcards as wildcards
        on workloads.account_id = wildcards.account_id and workloads.arn = wildcards.arn
),

services as (
    select
        account_id,
        arn,
        count(*) as granted,
        count(*) filter (where unused_days <= getvariable('used_days')) as used,
        coalesce(
            list(service order by service) filter (where coalesce(unused_days > getvariable('used_days'), true)), []
        ) as unused
    from stg_service_usage
    group by account_id, arn
),

findings as (
    select resource as arn, min(finding_id) as finding_id
    from stg_analyzer_findings
    where finding_type = 'UnusedPermission'
    group by resource
),

judged as (
    select
        roles.*,
        reads.read_on,
        reads.message,
        coalesce(reads.is_complete, false) as is_read,
        coalesce(services.granted, 0) as granted,
        coalesce(services.used, 0) as used,
        coalesce(services.unused, []) as unused,
        findings.finding_id,
        round(100 * services.used / services.granted, 1) as used_percent
    from roles
    left join stg_usage_reads as reads on roles.account_id = reads.account_id and roles.arn = reads.arn
    left join services on roles.account_id = services.account_id and roles.arn = services.arn
    left join findings on roles.arn = findings.arn
),

final as (
    select
        account_id,
        arn as resource,
        case
            when is_admin or age_days <= getvariable('min_age_days') then 'not_applicable'
            when malformed_reason is not null or not is_read then 'unknown'
            when granted = 0 then 'not_applicable'
            when used_percent >= getvariable('min_used_percent') or finding_id is not null then 'pass'
            else 'fail'
        end as verdict,
        case
            when is_admin then 'An administrator''s role: judged by other controls.'
            when age_days <= getvariable('min_age_days')
                then format('Created {} days ago: too early to tell.', age_days)
            when malformed_reason is not null then format('Its trust policy cannot be read: {}.', malformed_reason)
            when not is_read then format('Its use of services was not told{}.', coalesce(': ' || message, ''))
            when granted = 0 then 'It is granted no service.'
            else format(
                'Used {} of {} services in {} days ({} %, at least {}).{}',
                used, granted, getvariable('used_days'), used_percent, getvariable('min_used_percent'),
                if(finding_id is null, '', ' Access Analyzer has a finding on its unused permissions.')
            )
        end as reason,
        to_json(struct_pack(granted, used, used_percent, unused, read_on, finding_id)) as evidence
    from judged
)

select * from final
