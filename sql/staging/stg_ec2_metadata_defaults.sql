/*
title = "Defaults of EC2's instance metadata service"
description = "A row for each account and region that is read."
*/
select
    account_id,
    region,
    http_tokens,
    http_tokens_enforced,
    managed_by
from raw_ec2_metadata_defaults
semi join stg_expected_accounts using (account_id)
