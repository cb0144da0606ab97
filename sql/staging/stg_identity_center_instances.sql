/*
title = "Identity Center instances seen from each account"
*/
select
    account_id,
    region,
    instance_arn,
    name,
    owner_account_id,
    identity_store_id,
    status,
    created_at
from raw_identity_center_instances
semi join stg_expected_accounts using (account_id)
