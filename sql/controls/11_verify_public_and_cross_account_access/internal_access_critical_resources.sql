/*
id = "BP11-08"
title = "An internal-access analyzer watches every declared critical resource"
practice = 11
severity = "low"
scope = "organization"
description = "Critical resources are ARNs in critical_resources; none declared, none owed, for the analyzer is paid. Who is found to have access is not judged: Access Analyzer lists it finding by finding."
why = "The most valuable data should have a list of those inside the organization who can reach it, kept up to date by AWS."
fix = "Create an internal-access analyzer for the organization, and include the critical resources in its analysis rule."
params = { critical_resources = [] }
*/
with organization as (select * from raw_organization),

critical_resources as (select unnest(getvariable('critical_resources')::varchar[]) as resource),

inclusions as (
    select
        analyzer_arn,
        unnest(from_json(configuration -> '$.internalAccess.analysisRule.inclusions', '["json"]')) as inclusion
    from raw_analyzers
    where analyzer_type like '%\_INTERNAL\_ACCESS' escape '\' and status = 'ACTIVE'
),
