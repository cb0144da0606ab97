/*
id = "BP11-04"
title = "External access findings should be resolved in time"
severity = "high"
description = """
One verdict for each resource with an active external access finding, by the oldest of them, and one for each account
and Region without any. A finding is resolved when the access is gone or the finding is archived. Where no analyzer
looks there is nothing to resolve; external_analyzer_all_regions judges that.
"""
why = "Findings that nobody answers hide the one that matters."
fix = "Remove the access, or archive the finding with a rule that has an owner."
may_break = "Anyone who uses the access from outside loses it."
frameworks = { prowler = "accessanalyzer_enabled_without_findings", other = "Steampipe:iam_access_analyzer_enabled_without_findings" }
params = { max_age_days = 30 }

[evidence]
resource_type = "Type of the resource"
age_days = "Days since it was made"
findings = "How many findings there are"
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
        max(age_days) as age_days,
        count(distinct finding_id) as findings,
        list(distinct finding_id order by finding_id) as finding_ids,
        format(
            'Access from outside has been found {} days ago; limit {}.', max(age_days), getvariable('max_age_days')
        ) as summary
    from stg_external_findings
    group by account_id, region, resource
)

select
    account_id,
    region,
    resource,
    if(age_days > getvariable('max_age_days'), fail(summary), pass(summary)) as judged,
    to_json(struct_pack(resource_type, age_days, findings, finding_ids)) as evidence
from resources
union all
select
    watch.account_id,
    watch.region,
    accounts.arn as resource,
    case
        when len(unread) > 0
            then unknown(format(
                'Analyzers or findings in {} were not read, which may tell of {}.',
                array_to_string(unread, ', '), region
            ))
        when len(analyzers) > 0 then pass(format('No finding on access from outside in {}.', region))
        else not_applicable(format('No external-access analyzer looks at {}.', region))
    end as judged,
    to_json(struct_pack(analyzers, unread)) as evidence
from int_external_watch as watch
inner join stg_expected_accounts as accounts on watch.account_id = accounts.account_id
where len(watch.unread) > 0 or not exists (
    select 1 from resources
    where resources.account_id = watch.account_id and resources.region in (watch.region, 'global')
)
