/*
title = "Open findings of unused-access and internal-access analyzers"
[columns]
age_days = "Days since Access Analyzer made the finding"
*/
select
    account_id,
    region,
    analyzer_arn,
    finding_id,
    finding_type,
    resource,
    resource_type,
    resource_owner_account_id,
    status,
    created_at,
    days_since(created_at) as age_days,
    updated_at
from raw_analyzer_findings
semi join stg_expected_accounts using (account_id)
