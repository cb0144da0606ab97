/*
title = "EC2 instances"
description = "Those that are gone or on their way out are left out."
*/
select
    account_id,
    region,
    instance_id,
    arn,
    state,
    instance_profile_arn,
    http_tokens,
    http_endpoint,
    operator_principal
from raw_ec2_instances
semi join stg_expected_accounts using (account_id)
where state not in ('shutting-down', 'terminated')
