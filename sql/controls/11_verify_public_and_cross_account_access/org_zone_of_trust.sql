/*
id = "BP11-02"
title = "Access Analyzer watches the whole organization from a delegated account, and is up to date"
practice = 11
severity = "medium"
scope = "organization"
description = "Trusted access, a delegated administrator, and in every region that is read an active analyzer of the organization that has analyzed something lately."
why = "An analyzer of one account takes every other account of the organization for an outsider, and a region without one has no findings at all."
fix = "Turn on trusted access for Access Analyzer, register the security account as its delegated administrator, and create an organization analyzer in every region in use."
frameworks = { cis_aws_7 = "2.1.6" }
params = { max_analysis_age_hours = 48 }
*/
with organization as (select * from raw_organization),

homes as (select * from stg_organization_analyzer_homes),

analyzers as (
    select
        *,
        date_diff('hour', last_resource_analyzed_at, getvariable('as_of')::timestamp) as analyzed_hours_ago
    from stg_analyzers
    where analyzer_type = 'ORGANIZATION'
),

regions as (
    select
        homes.region,
        bool_and(homes.is_read) as is_read,
        bool_or(
            analyzers.status = 'ACTIVE' and analyzers.analyzed_hours_ago <= getvariable('max_analysis_age_hours')
        ) as is_watched
    from homes
    left join analyzers on homes.region = analyzers.region
    group by homes.region
),

judged as (
    select
        management_account_id as account_id,
        arn as resource,
        feature_set,
        exists (
            select 1 from raw_trusted_services where service_principal = 'access-analyzer.amazonaws.com'
        ) as has_trusted_access,
        (
            select coalesce(list(account_id order by account_id), []) from raw_delegated_administrators
            where service_principal = 'access-analyzer.amazonaws.com'
        ) as administrators,
        (select list(region order by region) from regions where coalesce(is_watched, false)) as watched,
        (select list(region order by region) from regions where not coalesce(is_watched, false) and is_read) as unwatched,
        (select list(region order by region) from regions where not coalesce(is_watched, false) and not is_read) as unread,
        (
            select list(
                struct_pack(analyzer_arn, status, status_reason, last_resource_analyzed_at, analyzed_hours_ago)
                order by analyzer_arn
            ) from analyzers
        ) as analyzers
    from organization
),

final as (
    select
        account_id,
        resource,
        case
            when feature_set <> 'ALL' then 'not_applicable'
            when not has_trusted_access or len(administrators) = 0 or len(unwatched) > 0 then 'fail'
            when len(watched) > 0 and unread is null then 'pass'
            else 'unknown'
        end as verdict,
        case
            when feature_set <> 'ALL' then format('The organization has the feature set {}; trusted access needs ALL.', feature_set)
            when not has_trusted_access then 'Access Analyzer has no trusted access to the organization.'
            when len(administrators) = 0 then 'Access Analyzer has no delegated administrator.'
            when len(unwatched) > 0
                then format(
                    'No organization analyzer is active and has analyzed anything in the last {} hours in {}.',
                    getvariable('max_analysis_age_hours'), array_to_string(unwatched, ', ')
                )
            when len(watched) > 0 and unread is null
                then format(
                    'An organization analyzer is up to date in {}, administered by {}.',
                    array_to_string(watched, ', '), array_to_string(administrators, ', ')
                )
            when unread is null then 'The analyzers of no region were read.'
            else format('Where an organization analyzer might be was not read in {}.', array_to_string(unread, ', '))
        end as reason,
        to_json(struct_pack(has_trusted_access, administrators, watched, unwatched, unread, analyzers)) as evidence
    from judged
)

select * from final
