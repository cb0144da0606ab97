/*
id = "BP08-03"
title = "Workload roles should use a fair share of the services they are granted"
severity = "low"
description = """
Services used in 90 days compared with services granted, from last accessed information. Administrators' roles and new
roles are not judged. A role with an open finding on unused permissions passes: Access Analyzer has a recommendation
for it, and another control judges how long findings stay open.
"""
why = "Permissions that are granted and never used help only an intruder; the share in use shows whether rightsizing is taking hold."
fix = "Generate a policy from the role's activity, or remove the services it does not use."
may_break = "Anything the role does less often than every 90 days stops working."
frameworks = { other = "Repokid/Aardvark; AirIAM:recommend_groups; ConsoleMe (archived)" }
params = { used_days = 90, min_used_percent = 20, min_age_days = 90, admin_policies = ["AdministratorAccess"] }

[evidence]
granted = "How many services it is granted"
used = "How many services were used"
used_percent = "Share of the services that were used, in percent"
unused = "Services that were not used"
read_on = "Day on which last accessed information was read"
finding_id = "Open finding on unused permissions; null for none"
*/
with
services as (
    select
        account_id,
        arn,
        count(*) as granted,
        count(*) filter (where unused_days <= getvariable('used_days')) as used,
        list(service order by service) filter (where coalesce(unused_days > getvariable('used_days'), true)) as unused
    from stg_service_usage
    group by account_id, arn
),

findings as (
    select resource as arn, min(finding_id) as finding_id
    from stg_analyzer_findings
    where finding_type = 'UnusedPermission'
    group by resource
),

-- Whether findings of the organization's analyzers were not read.
homes as (
    select count(*) > 0 as is_unread
    from raw_extracts
    semi join int_access_analyzer_accounts using (account_id)
    where dataset = 'analyzer_findings' and status <> 'ok'
),

roles as (
    select
        workloads.*,
        list_has_any(workloads.aws_managed_policies, getvariable('admin_policies')::varchar[])
        or coalesce(list_contains(wildcards.wildcards, '*'), false) as is_admin,
        coalesce(wildcards.unreadable, []) as unreadable,
        reads.read_on,
        reads.message,
        coalesce(reads.is_complete, false) as is_read,
        coalesce(services.granted, 0) as granted,
        coalesce(services.used, 0) as used,
        coalesce(services.unused, []) as unused,
        findings.finding_id,
        round(100 * services.used / services.granted, 1) as used_percent,
        format(
            'Used {} of {} services in {} days ({} %, at least {}).{}',
            services.used, services.granted, getvariable('used_days'), used_percent, getvariable('min_used_percent'),
            if(findings.finding_id is null, '', ' Access Analyzer has a finding on its unused permissions.')
        ) as summary
    from int_workload_roles as workloads
    left join int_role_wildcards as wildcards
        on workloads.account_id = wildcards.account_id and workloads.arn = wildcards.arn
    left join stg_usage_reads as reads on workloads.account_id = reads.account_id and workloads.arn = reads.arn
    left join services on workloads.account_id = services.account_id and workloads.arn = services.arn
    left join findings on workloads.arn = findings.arn
)

select
    account_id,
    arn as resource,
    case
        when unsure is not null then unknown(unsure)
        when is_admin then not_applicable('An administrator''s role: judged by other controls.')
        when len(unreadable) > 0
            then unknown(format('Its policies cannot be read: {}.', array_to_string(unreadable, ', ')))
        when age_days <= getvariable('min_age_days')
            then not_applicable(format('Created {} days ago: too early to tell.', age_days))
        when not is_read then unknown(format('Its use of services was not reported{}.', coalesce(': ' || message, '')))
        when granted = 0 then not_applicable('It is granted no service.')
        when used_percent >= getvariable('min_used_percent') or finding_id is not null then pass(summary)
        when homes.is_unread then unknown(format('{} Findings that may tell of it were not read.', summary))
        else fail(summary)
    end as judged,
    to_json(struct_pack(granted, used, used_percent, unused, read_on, finding_id)) as evidence
from roles
cross join homes
