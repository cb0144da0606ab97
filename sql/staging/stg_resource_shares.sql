/*
title = "Resource shares of AWS RAM"
[columns]
allows_external = "Whether accounts outside the organization may be given it"
*/
select account_id, region, share_arn, name, allows_external, status, created_at, updated_at
from raw_resource_shares
semi join stg_expected_accounts using (account_id)
