/*
title = "Roots, units and accounts to which service and resource control policies are attached directly"
*/
select policy_id, target_id, target_type
from raw_policy_targets
