/*
title = "External-access analyzers of each account and region"
description = """
A row for each region that an account has switched on. An analyzer of the account covers it, or one of the whole
organization, which can only be in the management account or the delegated administrators of Access Analyzer.
"""
[columns]
region = "Region that the account has switched on"
is_closed = "Whether nobody can use the region: an SCP or AWS says so"
error_class = "Why the account could not be asked there; null where it answered"
active = "Analyzers that work and cover the account there"
broken = "Analyzers of the account or the organization there that do not work, and why"
unread = "Accounts that may hold an analyzer that covers it, and were not read there"
*/
with

homes as (select account_id from int_access_analyzer_accounts),

asked as (
    select * from raw_external_analyzer_regions
    semi join stg_expected_accounts using (account_id)
),

-- The account itself, and where the organization's analyzer may be.
places as (
    select account_id, region_name, account_id as home_id from asked
    union
    select asked.account_id, asked.region_name, homes.account_id as home_id
    from asked
    cross join homes
),

readers as (select distinct account_id from raw_external_analyzer_regions),

analyzers as (
    select
        *,
        status = 'ACTIVE' as is_active,
        analyzer_arn || ' (' || coalesce(status_reason, status) || ')' as fault
    from raw_external_analyzers
),

covering as (
    select
        places.account_id,
        places.region_name,
        coalesce(list_sort(list(distinct analyzers.analyzer_arn) filter (where analyzers.is_active)), []) as active,
        coalesce(list_sort(list(distinct analyzers.fault) filter (where not analyzers.is_active)), []) as broken,
        coalesce(
            list_sort(list(distinct places.home_id) filter (
                where readers.account_id is null or (answers.error_class is not null and not answers.is_closed)
            )), []
        ) as unread
    from places
    -- A region that a reader does not name is not switched on there, and holds nothing.
    left join readers on places.home_id = readers.account_id
    left join raw_external_analyzer_regions as answers
        on places.home_id = answers.account_id and places.region_name = answers.region_name
    left join analyzers
        on
            places.home_id = analyzers.account_id
            and places.region_name = analyzers.region_name
            and (analyzers.analyzer_type = 'ORGANIZATION' and places.home_id in (select account_id from homes)
                or analyzers.analyzer_type = 'ACCOUNT' and places.home_id = places.account_id)
    group by places.account_id, places.region_name
)

select
    asked.account_id,
    asked.region_name as region,
    asked.is_closed,
    asked.error_class,
    asked.message,
    covering.active,
    covering.broken,
    covering.unread
from asked
inner join covering on asked.account_id = covering.account_id and asked.region_name = covering.region_name
