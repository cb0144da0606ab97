/*
id = "BP11-04"
title = "Findings on access from outside are settled within a month"
severity = "high"
description = """
A verdict for each resource with an active finding of an external-access analyzer, by the oldest of them, and one for each
account and region without any. Settled is a finding whose access is gone, or that was archived. Where no analyzer looks
there is nothing to settle; that is external_analyzer_all_regions' to judge.
"""
why = "Findings that nobody answers hide the one that matters."
fix = "Take the access away, or archive the finding by a rule that somebody answers for."
may_break = "Whoever uses the access from outside is shut out when it is taken away."
frameworks = { prowler = "accessanalyzer_enabled_without_findings", other = "Steampipe:iam_access_analyzer_enabled_without_findings" }
params = { max_age_days = 30 }
*/
with
watch as (
    select watch.*, accounts.arn
    from int_external_watch as watch
    inner join stg_expected_accounts as accounts on watch.account_id = accounts.account_id
),

resources as (
    select
        account_id,
        region,
        resource,
        any_value(resource_type) as resource_type,
        max(age_days) as age_days,
        count(distinct finding_id) as findings,
        list(distinct finding_id order by finding_id) as finding_ids
    from stg_external_findings
    group by account_id, region, resource
),

by_resource as (
    select
        account_id,
        region,
        resource,
        if(age_days > getvariable('max_age_days'), 'fail', 'pass') as verdict,
        format(
            'Access from outside has been found {} days ago; limit {}.', age_days, getvariable('max_age_days')
        ) as reason,
        to_json(struct_pack(resource_type, age_days, findings, finding_ids)) as evidence
    from resources
),

by_account as (
    select
        account_id,
        region,
        arn as resource,
        case
            when len(unread) > 0 then 'unknown'
            when len(analyzers) > 0 then 'pass'
            else 'not_applicable'
        end as verdict,
        case
            when verdict = 'pass' then format('No finding on access from outside in {}.', region)
            when len(unread) > 0
                then format(
                    'Analyzers or findings in {} were not read, which may tell of {}.',
                    array_to_string(unread, ', '), region
                )
            else format('No external-access analyzer looks at {}.', region)
        end as reason,
        to_json(struct_pack(analyzers, unread)) as evidence
    from watch
    where not exists (
        select 1 from by_resource
        where by_resource.account_id = watch.account_id and by_resource.region in (watch.region, 'global')
    )
)

select * from by_resource
union all by name
select * from by_account
