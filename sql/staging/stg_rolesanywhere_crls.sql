/*
title = "Revocation lists of IAM Roles Anywhere"
*/
select
    account_id,
    region,
    arn,
    is_enabled,
    trust_anchor_arn
from raw_rolesanywhere_crls
semi join stg_expected_accounts using (account_id)
