/*
id = "BP09-05"
title = "Unused access is analyzed in every account and its findings are dealt with"
practice = 9
severity = "medium"
scope = "organization"
description = "An active unused-access analyzer of the organization, or one in each account; accounts that it leaves out must be in approved_exclusions. The analyzer is paid: an organization that decides against it gives accept_no_analyzer_reason or, with an owner and an end, an exception in the register."
why = "AWS knows which roles, keys and permissions nobody uses, and tells those who ask and then act on it."
fix = "Create an unused-access analyzer for the organization in the delegated administrator's account, and work off its findings."
params = { max_finding_age_days = 60, approved_exclusions = [], accept_no_analyzer_reason = "" }
*/
with organization as (select * from raw_organization),

accounts as (select * from stg_expected_accounts),

analyzers as (
    select
        *,
        from_json(
            configuration -> '$.unusedAccess.analysisRule.exclusions', '[{"accountIds": ["varchar"]}]'
        ) as exclusions
    from stg_analyzers
    where analyzer_type like '%\_UNUSED\_ACCESS' escape '\' and status = 'ACTIVE'
),

unread as (
    select distinct account_id from raw_extracts where dataset = 'analyzers' and status <> 'ok'
    union
    select distinct account_id from stg_organization_analyzer_homes where not is_read
),

unread_findings as (
    select extracts.account_id, extracts.region
    from raw_extracts as extracts
    semi join analyzers on extracts.account_id = analyzers.account_id and extracts.region = analyzers.region
    where extracts.dataset = 'analyzer_findings' and extracts.status <> 'ok'
),

uncovered as (
    select
        accounts.account_id,
        accounts.account_id in (select account_id from unread)
        or exists (select 1 from stg_organization_analyzer_homes where not is_read) as might_be_covered
    from accounts
    where not list_contains(getvariable('approved_exclusions')::varchar[], accounts.account_id)
        and not exists (
            select 1 from analyzers
            where (analyzers.analyzer_type = 'ACCOUNT_UNUSED_ACCESS' and analyzers.account_id = accounts.account_id)
                or (
                    analyzers.analyzer_type = 'ORGANIZATION_UNUSED_ACCESS'
                    and not list_contains(
                        coalesce(flatten(list_transform(analyzers.exclusions, lambda e: e.accountIds)), []), accounts.account_id
                    )
                )
        )
),

overdue as (
    select * from stg_analyzer_findings
    where finding_type like 'Unused%' and status = 'ACTIVE' and age_days > getvariable('max_finding_age_days')
),

judged as (
    select
        organization.management_account_id as account_id,
        organization.arn as resource,
        (select coalesce(list(analyzer_arn order by analyzer_arn), []) from analyzers) as analyzers,
        (select coalesce(list(account_id order by account_id), []) from uncovered where not might_be_covered) as uncovered,
        (select coalesce(list(account_id order by account_id), []) from uncovered where might_be_covered) as unread,
        (select coalesce(list(account_id order by account_id, region), []) from unread_findings) as unread_findings,
        (select count(*) from overdue) as overdue_findings,
        (select max(age_days) from overdue) as oldest_days
    from organization
),

final as (
    select
        account_id,
        resource,
        case
            when len(analyzers) = 0 and getvariable('accept_no_analyzer_reason') <> '' then 'not_applicable'
            when len(uncovered) > 0 or overdue_findings > 0 then 'fail'
            when len(unread) > 0 or len(unread_findings) > 0 then 'unknown'
            else 'pass'
        end as verdict,
        case
            when len(analyzers) = 0 and getvariable('accept_no_analyzer_reason') <> ''
                then format('Accepted without an analyzer: {}', getvariable('accept_no_analyzer_reason'))
            when len(uncovered) > 0 and len(analyzers) = 0 then 'No unused-access analyzer is active.'
            when len(uncovered) > 0 then format('No unused-access analyzer covers {}.', array_to_string(uncovered, ', '))
            when overdue_findings > 0
                then format('Findings open for more than {} days: {}, the oldest for {}.', getvariable('max_finding_age_days'), overdue_findings, oldest_days)
            when len(unread) > 0
                then format('The analyzers that might cover {} were not read.', array_to_string(unread, ', '))
            when len(unread_findings) > 0
                then format('The findings in {} were not read.', array_to_string(unread_findings, ', '))
            else format('Every account is covered, and no finding is open for more than {} days.', getvariable('max_finding_age_days'))
        end as reason,
        to_json(struct_pack(
            analyzers, uncovered, unread, overdue_findings, oldest_days,
            approved_exclusions := getvariable('approved_exclusions')::varchar[]
        )) as evidence
    from judged
)

select * from final
