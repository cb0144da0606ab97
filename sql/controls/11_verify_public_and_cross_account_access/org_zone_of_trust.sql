/*
id = "BP11-02"
title = "Access Analyzer watches the whole organization from a delegated account, and is up to date"
severity = "medium"
scope = "organization"
description = """
Trusted access, a delegated administrator and, in every region that is read, an active analyzer of the organization
that has analyzed something lately.
"""
why = "An analyzer of one account takes every other account of the organization for an outsider, and a region without one has no findings at all."
fix = "Turn on trusted access for Access Analyzer, register the security account as its delegated administrator, and create an organization analyzer in every region in use."
frameworks = { cis_aws_7 = "2.1.6" }
params = { max_analysis_age_hours = 48 }
*/
with
organization as (select * from raw_organization),

homes as (select * from int_organization_analyzer_homes),

delegations as (select * from int_organization_delegations where service_principal = 'access-analyzer.amazonaws.com'),

analyzers as (
    select
        *,
        date_diff('hour', last_resource_analyzed_at, getvariable('as_of')::timestamp) as analyzed_hours_ago,
        status = 'ACTIVE' and analyzed_hours_ago <= getvariable('max_analysis_age_hours') as is_healthy
    from stg_analyzers
    where analyzer_type = 'ORGANIZATION'
),

regions as (
    select
        homes.region,
        case
            when bool_or(analyzers.is_healthy) then 'watched'
            when bool_and(homes.is_read) then 'unwatched'
            else 'unread'
        end as state
    from homes
    left join analyzers on homes.region = analyzers.region
    group by homes.region
),

judged as (
    select
        organization.management_account_id as account_id,
        organization.arn as resource,
        organization.feature_set,
        coalesce(delegations.has_trusted_access, false) as has_trusted_access,
        nullif(array_to_string(delegations.account_ids, ', '), '') as administrators,
        (select string_agg(region, ', ' order by region) from regions where state = 'watched') as watched,
        (select string_agg(region, ', ' order by region) from regions where state = 'unwatched') as unwatched,
        (select string_agg(region, ', ' order by region) from regions where state = 'unread') as unread,
        (
            select
                list(
                    {analyzer: analyzer_arn, status: status, analyzed_hours_ago: analyzed_hours_ago}
                    order by analyzer_arn
                )
            from analyzers
        ) as analyzers
    from organization
    left join delegations on true
),

final as (
    select
        account_id,
        resource,
        case
            when feature_set <> 'ALL' then 'not_applicable'
            when not has_trusted_access or administrators is null or unwatched is not null then 'fail'
            when unread is not null or watched is null then 'unknown'
            else 'pass'
        end as verdict,
        case
            when feature_set <> 'ALL'
                then format('Trusted access needs all features; the organization has {}.', feature_set)
            when not has_trusted_access then 'Access Analyzer has no trusted access to the organization.'
            when administrators is null then 'Access Analyzer has no delegated administrator.'
            when unwatched is not null
                then format(
                    'No active analyzer of the organization has analyzed anything in the last {} hours in {}.',
                    getvariable('max_analysis_age_hours'), unwatched
                )
            when verdict = 'unknown'
                then format(
                    'Where an analyzer of the organization might be was not read in {}.',
                    coalesce(unread, 'any region')
                )
            else format(
                'An analyzer of the organization is up to date in {}, administered by {}.',
                watched, administrators
            )
        end as reason,
        to_json({
            has_trusted_access: has_trusted_access,
            administrators: administrators,
            watched_regions: watched,
            unwatched_regions: unwatched,
            unread_regions: unread,
            analyzers: analyzers
        }) as evidence
    from judged
)

select * from final
