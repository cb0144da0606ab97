/*
title = "External-access analyzers of each account and region"
description = """
A row for each region that an account has switched on. An analyzer of the account covers it, or one of the whole
organization, which can only be in the accounts of stg_organization_analyzer_homes.
"""
[columns]
region = "Region that the account has switched on"
closed_by = "Why nobody can use the region (scp_deny, ...); null where it is open"
active = "Analyzers that work and cover the account there"
broken = "Analyzers of the account or the organization there that do not work, and why"
might_be_covered = "Whether an account that may hold the organization's analyzer was not read there"
*/
with

homes as (
    select management_account_id as account_id from raw_organization
    union
    select account_id from raw_delegated_administrators where service_principal = 'access-analyzer.amazonaws.com'
),

asked as (select * from raw_external_analyzer_regions),

unread_homes as (
    select count(*) > 0 as is_any
    from homes
    anti join (select distinct account_id from asked) as asked using (account_id)
),

analyzers as (
    select
        *,
        status = 'ACTIVE' as is_active,
        analyzer_arn || ' (' || coalesce(status_reason, status) || ')' as fault
    from raw_external_analyzers
    where analyzer_type = 'ACCOUNT' or account_id in (select account_id from homes)
)

select
    asked.account_id,
    asked.region_name as region,
    asked.closed_by,
    asked.message,
    coalesce(list_sort(list(analyzers.analyzer_arn) filter (where analyzers.is_active)), []) as active,
    coalesce(list_sort(list(analyzers.fault) filter (where not analyzers.is_active)), []) as broken,
    any_value(unread_homes.is_any) as might_be_covered
from asked
semi join stg_expected_accounts using (account_id)
cross join unread_homes
left join analyzers
    on
        asked.region_name = analyzers.region_name
        and (analyzers.analyzer_type = 'ORGANIZATION' or asked.account_id = analyzers.account_id)
group by asked.account_id, asked.region_name, asked.closed_by, asked.message
