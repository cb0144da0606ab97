/*
title = "Services with credentials of their own that an account has something in, in any region that is read"
[columns]
service_name = "The service, as its credentials name it"
*/
with

used as (
    select account_id, 'codecommit.amazonaws.com' as service_name
    from raw_codecommit_repositories
    union
    select account_id, 'cassandra.amazonaws.com'
    from raw_keyspaces
)

select
    account_id,
    service_name
from used
semi join stg_expected_accounts using (account_id)
