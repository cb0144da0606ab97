/*
title = "Where each service and resource control policy is attached"
[columns]
policies_of_type = "Policies of this type on the target, which has a quota of them"
*/
select
    targets.policy_id,
    targets.target_id,
    targets.target_type,
    policies.policy_type,
    count(*) over (partition by targets.target_id, policies.policy_type) as policies_of_type
from stg_policy_targets as targets
inner join stg_organization_policies as policies on targets.policy_id = policies.policy_id
