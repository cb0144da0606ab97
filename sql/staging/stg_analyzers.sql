/*
title = "Access Analyzer analyzers"
*/
select
    account_id,
    region,
    analyzer_arn,
    name,
    analyzer_type,
    status,
    status_reason,
    created_at,
    last_resource_analyzed_at,
    configuration::json as configuration,
    configuration_error,
    managed_by,
    tags::json as tags
from raw_analyzers
semi join stg_expected_accounts using (account_id)
