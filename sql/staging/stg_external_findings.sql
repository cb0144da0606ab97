/*
title = "Open findings on access from outside"
description = """
Each once for each analyzer that has it. IAM does not belong to a region: its resources are seen from each of them.
"""
[columns]
analyzer_account_id = "Account of the analyzer that found it"
analyzer_region = "Region of that analyzer"
account_id = "Account that owns the resource"
region = "Region of the resource, as far as its analyzer tells; global for IAM"
age_days = "Days since Access Analyzer made the finding"
*/
select
    resource_owner_account_id as account_id,
    if(resource_type like 'AWS::IAM::%', 'global', region) as region,
    account_id as analyzer_account_id,
    region as analyzer_region,
    analyzer_arn,
    finding_id,
    coalesce(resource, finding_id) as resource,
    resource_type,
    created_at,
    days_since(created_at) as age_days,
    updated_at
from raw_external_findings
where resource_owner_account_id in (select account_id from stg_expected_accounts)
