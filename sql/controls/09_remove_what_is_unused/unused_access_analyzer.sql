/*
id = "BP09-05"
title = "Unused access should be analyzed in every account and its findings should be resolved"
severity = "medium"
scope = "organization"
description = """
An active unused access analyzer for the organization, or one in each account; accounts it leaves out must be listed in
approved_exclusions. The analyzer is a paid feature: an organization that decides against it sets accept_no_analyzer_reason
or enters an exception with an owner and an end date in the register. An analyzer can be managed by a service, such as
Security Hub, which then configures it: the reason names the service.
"""
why = "Access Analyzer knows which roles, keys and permissions are unused, but only if it is enabled and its findings are acted on."
fix = "Create an unused access analyzer for the organization in the delegated administrator's account, and work through its findings."
params = { max_finding_age_days = 60, approved_exclusions = [], accept_no_analyzer_reason = "" }

[evidence]
analyzers = "Analyzers, by ARN"
managed_by = "AWS services that manage these analyzers; null for none"
uncovered = "Accounts that no analyzer covers"
unread = "What could not be read"
overdue_findings = "Findings that are open for too long"
oldest_finding_days = "Age of the oldest open finding, in days"
*/
with
analyzers as (
    select * from stg_analyzers where analyzer_type like '%\_UNUSED\_ACCESS' escape '\' and status = 'ACTIVE'
),

uncovered as (
    select * from int_unused_access_coverage
    where not is_covered and not list_contains(getvariable('approved_exclusions')::varchar[], account_id)
),

overdue as (
    select * from stg_analyzer_findings
    where finding_type like 'Unused%' and age_days > getvariable('max_finding_age_days')
),

unread_findings as (
    select distinct account_id from raw_extracts
    semi join analyzers using (account_id, region)
    where dataset = 'analyzer_findings' and status <> 'ok'
),

organization as (
    select
        management_account_id as account_id,
        arn as resource,
        getvariable('max_finding_age_days') as max_days,
        getvariable('accept_no_analyzer_reason') as accepted_because,
        (select list(analyzer_arn order by analyzer_arn) from analyzers) as analyzers,
        (select string_agg(distinct managed_by, ', ' order by managed_by) from analyzers) as managed_by,
        (select list(account_id order by account_id) from uncovered where not might_be_covered) as uncovered,
        (select list(account_id order by account_id) from uncovered where might_be_covered) as unread,
        (select list(account_id order by account_id) from unread_findings) as unread_findings,
        (select count(*) from overdue) as overdue_findings,
        (select max(age_days) from overdue) as oldest_finding_days
    from stg_organization
),

told as (
    select
        *,
        coalesce(format(' Managed by {}: nothing is to be configured there.', managed_by), '') as by_a_service
    from organization
)

select
    account_id,
    resource,
    case
        when analyzers is null and accepted_because <> ''
            then not_applicable('Accepted without an analyzer: ' || accepted_because)
        when uncovered is not null and analyzers is null then fail('No unused-access analyzer is active.')
        when uncovered is not null
            then fail(format('No unused-access analyzer covers {}.{}', array_to_string(uncovered, ', '), by_a_service))
        when overdue_findings > 0
            then fail(format(
                'Findings open for more than {} days: {}, the oldest for {}.',
                max_days, overdue_findings, oldest_finding_days
            ))
        when unread is not null
            then unknown(format('The analyzers that might cover {} were not read.', array_to_string(unread, ', ')))
        when unread_findings is not null
            then unknown(format('The findings in {} were not read.', array_to_string(unread_findings, ', ')))
        else pass(format(
            'Every account is covered, and no finding is open for more than {} days.{}', max_days, by_a_service
        ))
    end as judged,
    to_json(struct_pack(analyzers, managed_by, uncovered, unread, overdue_findings, oldest_finding_days)) as evidence
from told
