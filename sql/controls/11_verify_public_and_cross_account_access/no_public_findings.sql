/*
id = "BP11-03"
title = "No resource is open to everybody, as far as Access Analyzer has found"
severity = "critical"
description = """
Active findings of the account's and the organization's external-access analyzers in the regions that are read, a verdict
for each resource that anybody may use, and one for each account and region without any. Access that a resource control
policy stops (restriction APPLIED) is nobody's, so it is not judged.
"""
why = "What is open to everybody is found by everybody; most leaks began that way."
fix = "Take the public statement out of the resource's policy; where it is meant to be public, except it in the register with an owner and an end."
may_break = "Whoever uses the resource without credentials of yours is shut out."
frameworks = { cis_aws_7 = "2.21", prowler = "accessanalyzer_enabled_without_findings; s3_bucket_policy_public_write_access, sqs_queues_not_publicly_accessible, sns_topics_not_publicly_accessible, awslambda_function_not_publicly_accessible, kms_key_not_publicly_accessible, glacier_vaults_policy_public_access, secretsmanager_not_publicly_accessible, eventbridge_bus_exposed", other = "Steampipe:iam_access_analyzer_enabled_without_findings; c7n:access-analyzer-finding" }
*/
with
watch as (
    select watch.*, accounts.arn
    from int_external_watch as watch
    inner join stg_expected_accounts as accounts on watch.account_id = accounts.account_id
),

findings as (
    select findings.*, details.* exclude (analyzer_arn, finding_id), details.finding_id is not null as is_detailed
    from stg_external_findings as findings
    left join stg_external_finding_details as details
        on findings.analyzer_arn = details.analyzer_arn and findings.finding_id = details.finding_id
),

resources as (
    select
        account_id,
        region,
        resource,
        any_value(resource_type) as resource_type,
        bool_or(coalesce(is_public, false) and rcp_restriction is distinct from 'APPLIED') as is_open,
        bool_or(coalesce(is_public, false)) as is_public,
        bool_or(is_public is null) as is_unsure,
        max(age_days) as age_days,
        list_sort(list_distinct(flatten(list(actions) filter (where is_public)))) as actions,
        list(distinct finding_id order by finding_id) as finding_ids,
        list(distinct analyzer_arn order by analyzer_arn) as analyzers
    from findings
    group by account_id, region, resource
),

by_resource as (
    select
        account_id,
        region,
        resource,
        case when is_open then 'fail' when is_unsure then 'unknown' else 'not_applicable' end as verdict,
        case
            when is_open
                then format('Open to everybody for {} days ({}).', age_days, array_to_string(actions, ', '))
            when is_unsure then 'Access Analyzer has a finding on it whose details were not told.'
            else 'Its policy is open to everybody; a resource control policy stops that.'
        end as reason,
        to_json(struct_pack(resource_type, actions, finding_ids, analyzers)) as evidence
    from resources
    where is_public or is_unsure
),

by_account as (
    select
        account_id,
        region,
        arn as resource,
        case when len(analyzers) > 0 and len(unread) = 0 then 'pass' else 'unknown' end as verdict,
        case
            when verdict = 'pass' then format('No finding on public access in {}.', region)
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
        where by_resource.account_id = watch.account_id
            and by_resource.region in (watch.region, 'global')
            and by_resource.verdict = 'fail'
    )
)

select * from by_resource
union all by name
select * from by_account
