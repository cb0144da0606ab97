/*
title = "Resources monitored by active internal access analyzers"
description = "A row for each inclusion of an analysis rule: a resource is watched that meets all three lists, of which an empty one is met by all."
[columns]
account_ids = "Accounts that own the resources"
resource_types = "Types of the resources"
resource_arns = "ARNs of the resources"
*/
with

inclusions as (
    select
        account_id,
        region,
        analyzer_arn,
        unnest(from_json(
            configuration -> '$.internalAccess.analysisRule.inclusions',
            '[{"accountIds": ["varchar"], "resourceTypes": ["varchar"], "resourceArns": ["varchar"]}]'
        )) as inclusion
    from stg_analyzers
    where analyzer_type like '%\_INTERNAL\_ACCESS' escape '\' and status = 'ACTIVE'
)

select
    account_id,
    region,
    analyzer_arn,
    coalesce(inclusion.accountids, []) as account_ids,
    coalesce(inclusion.resourcetypes, []) as resource_types,
    coalesce(inclusion.resourcearns, []) as resource_arns
from inclusions
