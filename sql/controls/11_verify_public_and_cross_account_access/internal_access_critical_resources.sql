/*
id = "BP11-08"
title = "An internal-access analyzer watches the declared critical resource"
practice = 11
severity = "low"
scope = "organization"
description = "Critical resources are the ARNs in critical_resources; where none is declared none is owed, for the analyzer is paid. Who is found to have access is not judged here."
why = "For the most valuable data somebody should know who inside the organization can reach it, and hear of it when that changes."
fix = "Create an internal-access analyzer for the organization, and include the resource in its analysis rule."
params = { critical_resources = [] }
*/
with organization as (select * from raw_organization),

resource_types(resource_type, arn_pattern) as (
    values
    ('AWS::S3::Bucket', 'arn:*:s3:::*'),
    ('AWS::S3Express::DirectoryBucket', 'arn:*:s3express:*:bucket/*'),
    ('AWS::DynamoDB::Table', 'arn:*:dynamodb:*:table/*'),
    ('AWS::DynamoDB::Stream', 'arn:*:dynamodb:*:table/*/stream/*'),
    ('AWS::RDS::DBSnapshot', 'arn:*:rds:*:snapshot:*'),
    ('AWS::RDS::DBClusterSnapshot', 'arn:*:rds:*:cluster-snapshot:*')
),

resources as (
    select
        critical.resource,
        nullif(split_part(critical.resource, ':', 5), '') as owner_account_id,
        list(resource_types.resource_type) as types
    from (select distinct unnest(getvariable('critical_resources')::varchar[]) as resource) as critical
    left join resource_types on critical.resource glob resource_types.arn_pattern
    group by critical.resource
),

inclusions as (
    select
        analyzer_arn,
        unnest(from_json(
            configuration -> '$.internalAccess.analysisRule.inclusions',
            '[{"accountIds": ["varchar"], "resourceTypes": ["varchar"], "resourceArns": ["varchar"]}]'
        )) as inclusion
    from stg_analyzers
    where analyzer_type like '%\_INTERNAL\_ACCESS' escape '\' and status = 'ACTIVE'
),

matched as (
    select
        resources.resource,
        inclusions.analyzer_arn,
        -- Null, not false, where the ARN does not say whose the resource is.
        coalesce(len(inclusion.accountIds), 0) = 0
        or list_contains(inclusion.accountIds, resources.owner_account_id) as is_included
    from resources
    inner join inclusions
        on (coalesce(len(inclusion.resourceArns), 0) = 0 or list_contains(inclusion.resourceArns, resources.resource))
        and (coalesce(len(inclusion.resourceTypes), 0) = 0 or list_has_any(inclusion.resourceTypes, resources.types))
),

judged as (
    select
        resources.resource,
        list(distinct matched.analyzer_arn order by matched.analyzer_arn) filter (where matched.is_included) as watchers,
        coalesce(bool_or(matched.analyzer_arn is not null and matched.is_included is null), false) as is_unsure,
        not (select coalesce(bool_and(is_read), false) from stg_organization_analyzer_homes) as is_unread
    from resources
    left join matched on resources.resource = matched.resource
    group by resources.resource
),

final as (
    select
        organization.management_account_id as account_id,
        coalesce(judged.resource, organization.arn) as resource,
        case
            when judged.resource is null then 'not_applicable'
            when judged.watchers is not null then 'pass'
            when judged.is_unsure or judged.is_unread then 'unknown'
            else 'fail'
        end as verdict,
        case
            when judged.resource is null then 'No critical resources are declared.'
            when judged.watchers is not null then format('Watched by {}.', array_to_string(judged.watchers, ', '))
            when judged.is_unread then 'An account that might hold the analyzer was not read.'
            when judged.is_unsure then 'An analyzer includes resources by account, and the ARN does not say whose this is.'
            else 'No active internal-access analyzer includes it.'
        end as reason,
        to_json(struct_pack(analyzers := coalesce(judged.watchers, []))) as evidence
    from organization
    left join judged on true
)

select * from final
