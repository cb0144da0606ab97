/*
id = "BP11-08"
title = "Declared critical resources should be monitored by an internal access analyzer"
severity = "low"
register_entries = ["critical_resource"]
scope = "organization"
description = """
Critical resources are those in the register, under [[critical_resources]]; where none is declared none is required,
because the analyzer is a paid feature. A declaration that has ended fails until it is renewed or removed. Who has
access is not judged here.
"""
why = "For the most valuable data, someone should know who inside the organization can reach it, and hear when that changes."
fix = "Create an internal access analyzer for the organization, and include the resource in its analysis rule."

[evidence]
analyzers = "Analyzers, by ARN"
entry = "Entry of the register that decided; null for none"
owner = "Who answers for it; null where nobody is named"
*/
with
homes as (select not coalesce(bool_and(is_read), false) as is_unread from int_organization_analyzer_homes),

-- Analyzers whose inclusions were not read.
unread as (
    select list(analyzer_arn order by analyzer_arn) as analyzers
    from stg_analyzers
    where analyzer_type like '%\_INTERNAL\_ACCESS' escape '\' and status = 'ACTIVE' and configuration_error is not null
),

declared as (
    select resource, arg_max(register, (is_live, expires_on, entry)) as declaration
    from stg_register as register
    where kind = 'critical_resource'
    group by resource
),

resources as (
    select
        *,
        coalesce(nullif(split_part(resource, ':', 5), ''), declaration.account_id) as owner_account_id,
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
    inner join int_internal_access_inclusions as inclusions
        on (len(inclusions.resource_arns) = 0 or list_contains(inclusions.resource_arns, resources.resource))
        and (len(inclusions.resource_types) = 0 or list_contains(inclusions.resource_types, resources.resource_type))
),

watched as (
    select
        resources.resource,
        resources.declaration,
        array_to_string(list_sort(list(distinct matched.analyzer_arn) filter (where is_included)), ', ') as analyzers,
        bool_or(matched.analyzer_arn is not null and is_included is null) as is_unsure
    from resources
    left join matched on resources.resource = matched.resource
    group by resources.resource, resources.declaration
)

select
    organization.management_account_id as account_id,
    coalesce(watched.resource, organization.arn) as resource,
    case
        when watched.resource is null then not_applicable('No critical resources are declared.')
        when not declaration.is_live
            then fail(format('Its declaration in the register ended on {}.', declaration.expires_on))
        when watched.analyzers is not null then pass(format('Watched by {}.', watched.analyzers))
        when is_unsure then unknown('An analyzer includes resources by account, and neither the ARN nor the register says whose this is.')
        when unread.analyzers is not null
            then unknown(format('Not read: what {} includes.', array_to_string(unread.analyzers, ', ')))
        when homes.is_unread then unknown('An account that might hold the analyzer was not read.')
        else fail('No active internal-access analyzer includes it.')
    end as judged,
    to_json({analyzers: watched.analyzers, entry: declaration.entry, owner: declaration.owner}) as evidence
from stg_organization as organization
cross join homes
cross join unread
left join watched on true
