/*
id = "BP11-03"
title = "Resources should not have public access findings in IAM Access Analyzer"
severity = "critical"
description = """
Active findings of the account's and the organization's external access analyzers in the Regions that are read: one verdict
for each resource open to the public, and one for each account and Region without any. Access that a resource control
policy blocks (restriction APPLIED) is not public, so it is not judged.
"""
why = "What is open to everyone is found by everyone; most leaks began that way."
fix = "Remove the public statement from the resource's policy; if it is meant to be public, enter an exception in the register with an owner and an end date."
may_break = "Anyone who uses the resource without credentials of yours is shut out."
frameworks = { cis_aws_7 = "2.21", prowler = "accessanalyzer_enabled_without_findings; s3_bucket_policy_public_write_access, sqs_queues_not_publicly_accessible, sns_topics_not_publicly_accessible, awslambda_function_not_publicly_accessible, kms_key_not_publicly_accessible, glacier_vaults_policy_public_access, secretsmanager_not_publicly_accessible, eventbridge_bus_exposed", other = "Steampipe:iam_access_analyzer_enabled_without_findings; c7n:access-analyzer-finding" }

[evidence]
resource_type = "Type of the resource"
actions = "Actions that the public may take"
finding_ids = "Findings of IAM Access Analyzer"
analyzers = "Analyzers, by ARN"
unread = "Accounts whose analyzers or findings were not read"
*/
with
resources as (
    select
        account_id,
        region,
        resource,
        any_value(resource_type) as resource_type,
        bool_or(coalesce(is_public, false) and rcp_restriction is distinct from 'APPLIED') as is_open,
        bool_or(is_public is null) as is_unsure,
        max(age_days) as age_days,
        list_sort(list_distinct(flatten(list(actions) filter (where is_public)))) as actions,
        list(distinct finding_id order by finding_id) as finding_ids,
        list(distinct analyzer_arn order by analyzer_arn) as analyzers
    from stg_external_findings
    left join stg_external_finding_details using (analyzer_arn, finding_id)
    group by account_id, region, resource
    having bool_or(coalesce(is_public, true))
)

select
    account_id,
    region,
    resource,
    case
        when is_open
            then fail(format('Open to everybody for {} days ({}).', age_days, array_to_string(actions, ', ')))
        when is_unsure then unknown('Access Analyzer has a finding on it whose details were not reported.')
        else not_applicable('Its policy is open to everybody; a resource control policy stops that.')
    end as judged,
    to_json(struct_pack(resource_type, actions, finding_ids, analyzers)) as evidence
from resources
union all
select
    watch.account_id,
    watch.region,
    accounts.arn as resource,
    case
        when len(without_details) > 0
            then unknown(format(
                'Analyzers or findings in {} were not read, which may tell of {}.',
                array_to_string(without_details, ', '), region
            ))
        when len(analyzers) > 0 then pass(format('No finding on public access in {}.', region))
        else unknown(format('No external-access analyzer looks at {}.', region))
    end as judged,
    to_json(struct_pack(analyzers, unread := without_details)) as evidence
from int_external_watch as watch
inner join stg_expected_accounts as accounts on watch.account_id = accounts.account_id
where len(watch.without_details) > 0 or not exists (
    select 1 from resources
    where
        resources.account_id = watch.account_id
        and resources.region in (watch.region, 'global')
        and (is_open or is_unsure)
)
