/*
title = "External access monitoring, by Region"
description = "A row for each account and region whose findings are read, by its own analyzer or the organization's."
[columns]
region = "Region that is read"
analyzers = "Analyzers that work, cover the account, and whose findings were read"
unread = "Accounts whose analyzers or findings were not read, and which may hold one that covers it"
without_details = "Accounts of which these, or details of findings, were not read"
*/
with

homes as (select * from int_organization_analyzer_homes),

extracts as (
    select
        ended.account_id,
        ended.region,
        bool_and(ended.status = 'ok' and records.dataset is null)
            filter (where ended.dataset <> 'external_finding_details') as is_read,
        bool_and(ended.status = 'ok' and records.dataset is null) as has_details
    from raw_extracts as ended
    left join stg_unread_records as records using (account_id, region, dataset)
    where ended.dataset in ('analyzers', 'external_findings', 'external_finding_details')
    group by ended.account_id, ended.region
),

places as (
    select accounts.account_id, accounts.region, homes.account_id as home_id
    from (select distinct account_id, region from extracts) as accounts
    inner join homes on accounts.region = homes.region
    union
    select account_id, region, account_id as home_id from extracts
),

analyzers as (
    select * from stg_analyzers where analyzer_type in ('ACCOUNT', 'ORGANIZATION') and status = 'ACTIVE'
)

select
    places.account_id,
    places.region,
    coalesce(
        list_sort(list(analyzers.analyzer_arn) filter (where extracts.is_read and analyzers.analyzer_arn is not null)),
        []
    ) as analyzers,
    coalesce(
        list_sort(list(distinct places.home_id) filter (where not coalesce(extracts.is_read, false))), []
    ) as unread,
    coalesce(
        list_sort(list(distinct places.home_id) filter (where not coalesce(extracts.has_details, false))), []
    ) as without_details
from places
semi join stg_expected_accounts using (account_id)
left join extracts on places.home_id = extracts.account_id and places.region = extracts.region
left join analyzers
    on
        places.home_id = analyzers.account_id
        and places.region = analyzers.region
        and (analyzers.analyzer_type = 'ORGANIZATION' or places.home_id = places.account_id)
group by places.account_id, places.region
