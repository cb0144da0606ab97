/*
title = "Accounts and Regions that can have organization analyzers"
description = "The management account and the delegated administrators of Access Analyzer, a row for each region that is read. What was not read there might hold one."
[columns]
is_read = "Whether the analyzers of this account and region were read"
*/
with

homes as (select account_id from int_access_analyzer_accounts),

extracts as (
    select * from raw_extracts where dataset = 'analyzers'
),

regions as (
    select distinct region from extracts
)

select
    homes.account_id,
    regions.region,
    coalesce(extracts.status = 'ok', false) and records.account_id is null as is_read
from homes
cross join regions
left join extracts on homes.account_id = extracts.account_id and regions.region = extracts.region
left join (
    select distinct account_id, region from stg_unread_records where dataset = 'analyzers'
) as records on homes.account_id = records.account_id and regions.region = records.region
