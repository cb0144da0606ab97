/*
id = "BP09-05"
title = "Unused access is analyzed in every account and its findings are dealt with"
severity = "medium"
scope = "organization"
description = """
An active unused-access analyzer of the organization, or one in each account; accounts that it leaves out must be in
approved_exclusions. The analyzer is paid: an organization that decides against it gives accept_no_analyzer_reason or,
with an owner and an end, an exception in the register.
"""
why = "AWS knows which roles, keys and permissions nobody uses, and tells those who ask and then act on it."
fix = "Create an unused-access analyzer for the organization in the delegated administrator's account, and work off its findings."
params = { max_finding_age_days = 60, approved_exclusions = [], accept_no_analyzer_reason = "" }
*/
with
organization as (select * from raw_organization),

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

judged as (
    select
        management_account_id as account_id,
        arn as resource,
        getvariable('max_finding_age_days') as max_days,
        getvariable('accept_no_analyzer_reason') as accepted_because,
        (select list(analyzer_arn order by analyzer_arn) from analyzers) as analyzers,
        (select list(account_id order by account_id) from uncovered where not might_be_covered) as uncovered,
        (select list(account_id order by account_id) from uncovered where might_be_covered) as unread,
        (select list(account_id order by account_id) from unread_findings) as unread_findings,
        (select count(*) from overdue) as overdue,
        (select max(age_days) from overdue) as oldest_days
    from organization
),

final as (
    select
        account_id,
        resource,
        case
            when analyzers is null and accepted_because <> '' then 'not_applicable'
            when uncovered is not null or overdue > 0 then 'fail'
            when unread is not null or unread_findings is not null then 'unknown'
            else 'pass'
        end as verdict,
        case
            when analyzers is null and accepted_because <> '' then 'Accepted without an analyzer: ' || accepted_because
            when uncovered is not null and analyzers is null then 'No unused-access analyzer is active.'
            when uncovered is not null
                then format('No unused-access analyzer covers {}.', array_to_string(uncovered, ', '))
            when overdue > 0
                then format(
                    'Findings open for more than {} days: {}, the oldest for {}.',
                    max_days, overdue, oldest_days
                )
            when unread is not null
                then format('The analyzers that might cover {} were not read.', array_to_string(unread, ', '))
            when unread_findings is not null
                then format('The findings in {} were not read.', array_to_string(unread_findings, ', '))
            else format('Every account is covered, and no finding is open for more than {} days.', max_days)
        end as reason,
        to_json({
            analyzers: analyzers,
            uncovered: uncovered,
            unread: unread,
            overdue_findings: overdue,
            oldest_finding_days: oldest_days
        }) as evidence
    from judged
)

select * from final
