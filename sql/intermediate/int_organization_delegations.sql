/*
title = "Services run for the whole organization, and from where"
description = "A row for each service that has trusted access or a delegated administrator."
[columns]
service_principal = "Service principal (access-analyzer.amazonaws.com)"
has_trusted_access = "Whether the service may act in every account of the organization"
account_ids = "Accounts that the service is delegated to"
not_approved = "Those of them that no live entry of the register approves for the service"
*/
with

services as (
    select service_principal from stg_trusted_services
    union
    select service_principal from stg_delegated_administrators
),

administrators as (
    select
        *,
        exists (
            select 1 from stg_register as register
            where register.kind = 'delegated_administrator'
                and register.is_live
                and register.account_id = administrators.account_id
                and register.service_principal = administrators.service_principal
        ) as is_approved
    from stg_delegated_administrators as administrators
)

select
    services.service_principal,
    services.service_principal in (select service_principal from stg_trusted_services) as has_trusted_access,
    coalesce(
        list(administrators.account_id order by administrators.account_id)
        filter (where administrators.account_id is not null), []
    ) as account_ids,
    coalesce(
        list(administrators.account_id order by administrators.account_id)
        filter (where not administrators.is_approved), []
    ) as not_approved
from services
left join administrators on services.service_principal = administrators.service_principal
group by services.service_principal
