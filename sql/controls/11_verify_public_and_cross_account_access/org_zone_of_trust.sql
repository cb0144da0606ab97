/*
id = "BP11-02"
title = "IAM Access Analyzer should monitor the whole organization from a delegated administrator account"
severity = "medium"
scope = "organization"
description = """
Trusted access, a delegated administrator and, in every Region that is read, an active organization analyzer
that has analyzed something recently.
"""
why = "An account analyzer treats every other account of the organization as an outsider, and a Region without an analyzer has no findings at all."
fix = "Enable trusted access for Access Analyzer, register the security account as its delegated administrator, and create an organization analyzer in every Region in use."
frameworks = { cis_aws_7 = "2.1.6" }
params = { max_analysis_age_hours = 48 }

[evidence]
has_trusted_access = "Whether Access Analyzer has trusted access in the organization"
administrators = "Accounts that Access Analyzer is delegated to"
watched_regions = "Regions with such an analyzer"
unwatched_regions = "Regions without such an analyzer"
unread_regions = "Regions that could not be read"
analyzers = "Analyzers, by ARN"
*/
with
analyzers as (
    select
        *,
        date_sub('hour', last_resource_analyzed_at, getvariable('read_at')) as analyzed_hours_ago,
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
    from int_organization_analyzer_homes as homes
    left join analyzers on homes.region = analyzers.region
    group by homes.region
),

organization as (
    select
        organization.management_account_id as account_id,
        organization.arn as resource,
        organization.feature_set,
        coalesce(delegations.has_trusted_access, false) as has_trusted_access,
        nullif(array_to_string(delegations.account_ids, ', '), '') as administrators,
        (select string_agg(region, ', ' order by region) from regions where state = 'watched') as watched_regions,
        (select string_agg(region, ', ' order by region) from regions where state = 'unwatched') as unwatched_regions,
        (select string_agg(region, ', ' order by region) from regions where state = 'unread') as unread_regions,
        (
            select
                list(
                    {analyzer: analyzer_arn, status: status, analyzed_hours_ago: analyzed_hours_ago}
                    order by analyzer_arn
                )
            from analyzers
        ) as analyzers
    from stg_organization as organization
    left join int_organization_delegations as delegations
        on delegations.service_principal = 'access-analyzer.amazonaws.com'
)

select
    account_id,
    resource,
    case
        when feature_set <> 'ALL'
            then not_applicable(format('Trusted access needs all features; the organization has {}.', feature_set))
        when not has_trusted_access then fail('Access Analyzer has no trusted access to the organization.')
        when administrators is null then fail('Access Analyzer has no delegated administrator.')
        when unwatched_regions is not null
            then fail(format(
                'No active analyzer of the organization has analyzed anything in the last {} hours in {}.',
                getvariable('max_analysis_age_hours'), unwatched_regions
            ))
        when unread_regions is not null or watched_regions is null
            then unknown(format(
                'Where an analyzer of the organization might be was not read in {}.',
                coalesce(unread_regions, 'any region')
            ))
        else pass(format(
            'An analyzer of the organization is up to date in {}, administered by {}.', watched_regions, administrators
        ))
    end as judged,
    to_json(struct_pack(
        has_trusted_access, administrators, watched_regions, unwatched_regions, unread_regions, analyzers
    )) as evidence
from organization
