/*
id = "BP11-08"
title = "An internal-access analyzer watches the declared critical resource"
severity = "low"
scope = "organization"
description = """
Critical resources are those of the register, under [[critical_resources]]; where none is declared none is owed, for
the analyzer is paid. A declaration that has ended fails until somebody renews it or takes it out. Who is found to have
access is not judged here.
"""
why = "For the most valuable data somebody should know who inside the organization can reach it, and hear of it when that changes."
fix = "Create an internal-access analyzer for the organization, and include the resource in its analysis rule."
*/
with
organization as (select * from raw_organization),

inclusions as (select * from int_internal_access_inclusions),

homes as (select not coalesce(bool_and(is_read), false) as is_unread from int_organization_analyzer_homes),

declared as (
    select
        resource,
        arg_max(register, (register.is_live, register.expires_on, register.entry)) as entry
    from stg_register as register
    where kind = 'critical_resource'
    group by resource
),

resources as (
    select
        resource,
        entry,
        coalesce(nullif(split_part(resource, ':', 5), ''), entry.account_id) as owner_account_id,
        case
            when resource glob 'arn:*:s3:::*' then 'AWS::S3::Bucket'
            when resource glob 'arn:*:s3express:*:bucket/*' then 'AWS::S3Express::DirectoryBucket'
            when resource glob 'arn:*:dynamodb:*:table/*/stream/*' then 'AWS::DynamoDB::Stream'
            when resource glob 'arn:*:dynamodb:*:table/*' then 'AWS::DynamoDB::Table'
            when resource glob 'arn:*:rds:*:cluster-snapshot:*' then 'AWS::RDS::DBClusterSnapshot'
            when resource glob 'arn:*:rds:*:snapshot:*' then 'AWS::RDS::DBSnapshot'
        end as resource_type
    from declared
),

matched as (
    select
        resources.resource,
        inclusions.analyzer_arn,
        -- Null, not false, where neither the ARN nor the register says whose the resource is.
        len(inclusions.account_ids) = 0
        or list_contains(inclusions.account_ids, resources.owner_account_id) as is_included
    from resources
    inner join inclusions
        on (len(inclusions.resource_arns) = 0 or list_contains(inclusions.resource_arns, resources.resource))
        and (len(inclusions.resource_types) = 0 or list_contains(inclusions.resource_types, resources.resource_type))
),

judged as (
    select
        resources.resource,
        resources.entry,
        array_to_string(list_sort(list(distinct matched.analyzer_arn) filter (where is_included)), ', ') as watchers,
        bool_or(matched.analyzer_arn is not null and is_included is null) as is_unsure
    from resources
    left join matched on resources.resource = matched.resource
    group by resources.resource, resources.entry
),

final as (
    select
        organization.management_account_id as account_id,
        coalesce(judged.resource, organization.arn) as resource,
        case
            when judged.resource is null then 'not_applicable'
            when not judged.entry.is_live then 'fail'
            when watchers is not null then 'pass'
            when is_unsure or homes.is_unread then 'unknown'
            else 'fail'
        end as verdict,
        case
            when judged.resource is null then 'No critical resources are declared.'
            when not judged.entry.is_live
                then format('Its declaration in the register ended on {}.', judged.entry.expires_on)
            when watchers is not null then format('Watched by {}.', watchers)
            when is_unsure then 'An analyzer includes resources by account, and neither the ARN nor the register says whose this is.'
            when verdict = 'unknown' then 'An account that might hold the analyzer was not read.'
            else 'No active internal-access analyzer includes it.'
        end as reason,
        to_json({analyzers: watchers, entry: judged.entry.entry, owner: judged.entry.owner}) as evidence
    from organization
    cross join homes
    left join judged on true
)

select * from final
