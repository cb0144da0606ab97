/*
title = "Resource shares of AWS RAM"
[columns]
region = "Region of the resource share"
share_arn = "ARN of the resource share"
allows_external = "Whether accounts outside the organization may be given it"
principals = "With whom it is shared: account ids, ARNs of organizations, units, roles and users, services"
outsiders = "Ids of the accounts and organizations among them that are not of the organization"
*/
with
shared as (
    select
        *,
        case
            when principal glob 'arn:*:organizations:*' then split_part(split_part(principal, ':', 6), '/', 2)
            when principal glob 'arn:*' then split_part(principal, ':', 5)
            else principal
        end as holder,
        holder not glob '*.amazonaws.com*'
        and holder not in (select account_id from stg_accounts)
        and holder not in (select organization_id from stg_organization where organization_id is not null) as is_outside
    from raw_resource_share_principals
),

principals as (
    select
        account_id,
        region,
        share_arn,
        list(principal order by principal) as principals,
        list(distinct holder order by holder) filter (where is_outside) as outsiders
    from shared
    group by account_id, region, share_arn
)

select
    shares.account_id,
    shares.region,
    shares.share_arn,
    shares.name,
    shares.allows_external,
    shares.status,
    shares.created_at,
    shares.updated_at,
    coalesce(principals.principals, []) as principals,
    coalesce(principals.outsiders, []) as outsiders
from raw_resource_shares as shares
semi join stg_expected_accounts as accounts on shares.account_id = accounts.account_id
left join principals
    on
        shares.account_id = principals.account_id
        and shares.region = principals.region
        and shares.share_arn = principals.share_arn
