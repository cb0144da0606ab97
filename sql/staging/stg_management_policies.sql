/*
title = "AI services opt-out policies and tag policies"
[columns]
document = "The content of the policy; null where it cannot be read"
target_ids = "Roots, organizational units and accounts that it hangs on"
*/
select
    policy_id,
    arn,
    name,
    policy_type,
    try_cast(document as json) as document,
    target_ids
from raw_management_policies
