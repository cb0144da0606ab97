/*
title = "Delegation requests of product providers"
[columns]
is_live = "Whether the provider has, or can still be given, access by it"
boundary_arns = "Permissions boundaries of the roles that the provider may make, which stay when its session ends"
*/
select
    account_id,
    request_id,
    requestor_account_id,
    requestor_name,
    state,
    state not in ('REJECTED', 'EXPIRED') as is_live,
    session_seconds,
    created_at,
    expires_at,
    boundary_arns
from raw_delegation_requests
semi join stg_expected_accounts using (account_id)
